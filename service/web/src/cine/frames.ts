// Pictures, overlays and answers of a cine: fetched once, kept as they came up to so many bytes, those near the
// wanted one first; and pictures decoded ahead of the time they are shown.

import { frameLink, getAnswer, getBlob, getText, type Answer, type Procedure } from "../api/client";
import { Cache } from "./cache";

const AT_ONCE = 2;
const KEPT_BYTES = 192 * 2 ** 20;
const DECODED_BYTES = 96 * 2 ** 20;
const DECODED_AHEAD = 4;
const BACK = 3;

export interface CineFrame {
  readonly picture: Blob;
  readonly overlay: string;
  readonly answer: Answer;
}

export type Load = (index: number, options: RequestInit) => Promise<CineFrame>;

export type CineLinks = Pick<Procedure["links"], "picture" | "frame" | "overlay_svg">;

export function loader({ links }: { readonly links: CineLinks }): Load {
  return async (index, options) => {
    const [picture, overlay, answer] = await Promise.all([
      getBlob(frameLink(links.picture, index), options),
      getText(frameLink(links.overlay_svg, index), options),
      getAnswer({ links }, index, options),
    ]);
    return { picture, overlay, answer };
  };
}

// How far a frame is from being shown: the cine goes on and round, and back is asked for less often.
export function away(index: number, wanted: number, count: number): number {
  const ahead = (index - wanted + count) % count;
  return Math.min(ahead, BACK * (count - ahead));
}

export function nearest(wanted: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index).sort((a, b) => away(a, wanted, count) - away(b, wanted, count));
}

function sizeOf({ picture, overlay }: CineFrame): number {
  return picture.size + 6 * overlay.length; // text, and the answer, which is about as long again
}

type Decode = (picture: Blob) => Promise<ImageBitmap>;

export class Frames {
  private readonly kept: Cache<CineFrame>;
  private readonly decoded: Cache<ImageBitmap>;
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<Promise<unknown>>();
  private wanted = 0;
  private here = 0;

  constructor(
    readonly count: number,
    private readonly load: Load,
    private readonly onProgress: (here: number) => void,
    private readonly decode: Decode = (picture) => createImageBitmap(picture),
    keptBytes = KEPT_BYTES,
  ) {
    const far = (index: number) => away(index, this.wanted, count);
    this.kept = new Cache(keptBytes, far, sizeOf);
    this.decoded = new Cache(DECODED_BYTES, far, ({ width, height }) => 4 * width * height, (image) => image.close());
  }

  // The frame that is to be shown now. What is fetched ahead waits for it and goes on from there.
  show(index: number): Promise<CineFrame> {
    this.wanted = index;
    const shown = this.get(index, "high");
    const settled = shown.catch(() => undefined);
    this.waiting.add(settled);
    void settled.then(() => this.waiting.delete(settled));
    return shown;
  }

  // Its picture, ready to be drawn. Not to be held: it is closed once others are nearer.
  async image(index: number): Promise<ImageBitmap> {
    const image = await this.decodedAt(index);
    for (let ahead = 1; ahead <= DECODED_AHEAD; ahead += 1) {
      const next = (index + ahead) % this.count;
      if (this.kept.has(next)) void this.decodedAt(next).catch(() => undefined);
    }
    return image;
  }

  // Fetches the whole cine, a few frames at once.
  async fetchAll(): Promise<void> {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, this.count) }, () => this.fetchOn()));
  }

  close(): void {
    this.stopping.abort();
    this.kept.clear();
    this.decoded.clear();
  }

  private async fetchOn(): Promise<void> {
    for (let index = this.missing(); index !== null; index = this.missing()) {
      if (this.stopping.signal.aborted) return;
      try {
        await Promise.all(this.waiting);
        await this.get(index, "low");
      } catch {
        return; // asked for again when it is to be shown
      }
    }
  }

  private missing(): number | null {
    return nearest(this.wanted, this.count).slice(0, this.kept.room).find((index) => !this.kept.has(index)) ?? null;
  }

  private get(index: number, priority: RequestPriority): Promise<CineFrame> {
    return this.kept.get(index, () => {
      const loading = this.load(index, { signal: this.stopping.signal, priority });
      loading.then(() => this.onProgress(this.here += 1), () => undefined);
      return loading;
    });
  }

  private async decodedAt(index: number): Promise<ImageBitmap> {
    const { picture } = await this.get(index, "high");
    return this.decoded.get(index, () => this.decode(picture));
  }
}
