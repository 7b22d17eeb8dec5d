// Pictures, overlays and answers of a cine: fetched once, kept as they came up to so many bytes, those near the
// wanted one first; and pictures decoded before they are shown, ahead of time where the cine goes on frame by frame.

import { frameLink, getAnswer, getBlob, getText, type Answer, type Procedure } from "../api/client";
import { Cache } from "./cache";

const AT_ONCE = 2;
const KEPT_BYTES = 192 * 2 ** 20;
const DECODED_BYTES = 96 * 2 ** 20;
const DECODED_AHEAD = 4;
const LEAST_TEXT = 1000;
const BACK = 3;
// Whoever goes from place to place has the service, and the processor, for themselves until they rest.
const NEAR = 8;
const REST_MS = 150;

export interface CineFrame {
  readonly picture: Blob;
  readonly overlay: string | null;
  readonly answer: Answer;
}

export type Load = (index: number, options: RequestInit) => Promise<CineFrame>;

export type CineLinks = Pick<Procedure["links"], "picture" | "frame" | "overlay_svg">;

export function loader({ links }: { readonly links: CineLinks }, wanted: { readonly overlay: boolean } = { overlay: true }): Load {
  return async (index, options) => {
    const [picture, overlay, answer] = await Promise.all([
      getBlob(frameLink(links.picture, index), options),
      wanted.overlay ? getText(frameLink(links.overlay_svg, index), options) : null,
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
  return picture.size + 6 * (overlay?.length ?? LEAST_TEXT); // text, and the answer, which is about as long again
}

type Decode = (picture: Blob) => Promise<ImageBitmap>;

export class Frames {
  private readonly kept: Cache<CineFrame>;
  private readonly decoded: Cache<ImageBitmap>;
  private readonly stopping = new AbortController();
  private readonly urgent = new Set<Promise<unknown>>();
  private wanted: number | null = null;
  private restsAtMs = 0;
  private here = 0;

  constructor(
    readonly count: number,
    private readonly load: Load,
    private readonly onProgress: (here: number) => void,
    private readonly decode: Decode = (picture) => createImageBitmap(picture),
    keptBytes = KEPT_BYTES,
  ) {
    const far = (index: number) => this.far(index);
    this.kept = new Cache(keptBytes, far, sizeOf);
    this.decoded = new Cache(DECODED_BYTES, far, ({ width, height }) => 4 * width * height, (image) => image.close());
  }

  // The frame that is to be shown now, once its picture is ready to be drawn. What is fetched ahead waits for it and
  // goes on from there. One that is no longer wanted when its turn comes is given up.
  show(index: number): Promise<CineFrame> {
    const before = this.wanted;
    this.wanted = index;
    const shown = this.ready(index);
    if (before !== null && away(index, before, this.count) > NEAR) this.restAfter(shown);
    if (before !== null && index === (before + 1) % this.count) void shown.then(() => this.decodeAhead(index), () => undefined);
    return shown;
  }

  // Its picture, if it is ready to be drawn. Not to be held: it is closed once others are nearer.
  picture(index: number): ImageBitmap | undefined {
    return this.decoded.peek(index);
  }

  // Its picture, made ready if it is not.
  async image(index: number): Promise<ImageBitmap> {
    const { picture } = await this.get(index, "high");
    return this.decoded.get(index, () => this.decode(picture));
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

  private async ready(index: number): Promise<CineFrame> {
    while (!this.kept.has(index) && this.urgent.size >= AT_ONCE) {
      await Promise.race(this.urgent);
      if (this.wanted !== index) throw new DOMException("another frame is wanted", "AbortError");
    }
    const coming = this.made(index);
    const settled = coming.catch(() => undefined);
    this.urgent.add(settled);
    void settled.then(() => this.urgent.delete(settled));
    return coming;
  }

  private async made(index: number): Promise<CineFrame> {
    const frame = await this.get(index, "high");
    if (this.wanted === index) await this.image(index);
    return frame;
  }

  private async decodeAhead(index: number): Promise<void> {
    for (let ahead = 1; ahead <= DECODED_AHEAD; ahead += 1) {
      const next = (index + ahead) % this.count;
      if (this.kept.has(next)) await this.image(next).catch(() => undefined);
      if (this.wanted !== index) return; // goes on from there, or is elsewhere
    }
  }

  private async fetchOn(): Promise<void> {
    while (await this.atRest()) {
      const index = this.missing();
      if (index === null) return;
      try {
        await this.get(index, "low");
      } catch {
        return; // asked for again when it is to be shown
      }
    }
  }

  // Waits while somebody waits for a frame, or goes from place to place; false once all is over.
  private async atRest(): Promise<boolean> {
    for (let leftMs = this.leftMs(); this.urgent.size > 0 || leftMs > 0; leftMs = this.leftMs()) {
      if (this.urgent.size > 0) await Promise.all(this.urgent);
      else await new Promise((resolve) => setTimeout(resolve, leftMs));
    }
    return !this.stopping.signal.aborted;
  }

  private restAfter(shown: Promise<unknown>): void {
    const rest = () => { this.restsAtMs = performance.now() + REST_MS; };
    rest();
    shown.then(rest, rest);
  }

  private leftMs(): number {
    return this.restsAtMs - performance.now();
  }

  private far(index: number): number {
    return away(index, this.wanted ?? 0, this.count);
  }

  private missing(): number | null {
    return nearest(this.wanted ?? 0, this.count).slice(0, this.kept.room).find((index) => !this.kept.has(index)) ?? null;
  }

  private get(index: number, priority: RequestPriority): Promise<CineFrame> {
    return this.kept.get(index, () => {
      const loading = this.load(index, { signal: this.stopping.signal, priority });
      loading.then(() => this.onProgress(this.here += 1), () => undefined);
      return loading;
    });
  }
}
