// Pictures, overlays and answers of a cine: fetched once, kept as they came, the wanted ones before the rest.

import { frameLink, getAnswer, getBlob, getText, type Answer, type Procedure } from "../api/client";

const AT_ONCE = 3;
const KEPT = 2000;

export interface CineFrame {
  readonly picture: Blob;
  readonly overlay: string;
  readonly answer: Answer;
}

type Load = (index: number, options: RequestInit) => Promise<CineFrame>;

export function loader(procedure: Procedure): Load {
  const { links } = procedure;
  return async (index, options) => {
    const [picture, overlay, answer] = await Promise.all([
      getBlob(frameLink(links.picture, index), options),
      getText(frameLink(links.overlay_svg, index), options),
      getAnswer(procedure, index, options),
    ]);
    return { picture, overlay, answer };
  };
}

export class Frames {
  private readonly kept = new Map<number, Promise<CineFrame>>();
  private readonly stopping = new AbortController();
  private wanted = 0;
  private here = 0;

  constructor(readonly count: number, private readonly load: Load, private readonly onProgress: (here: number) => void) {}

  // The frame that is to be shown now. What is fetched ahead goes on from there.
  async show(index: number): Promise<CineFrame> {
    this.wanted = index;
    return this.get(index);
  }

  // Fetches the whole cine, a few frames at once, from the one that is shown onwards.
  async fetchAll(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.fetchOn()));
  }

  close(): void {
    this.stopping.abort();
    this.kept.clear();
  }

  private async fetchOn(): Promise<void> {
    for (let index = this.missing(); index !== null; index = this.missing()) {
      if (this.stopping.signal.aborted) return;
      try {
        await this.get(index);
      } catch {
        return; // asked for again when it is to be shown
      }
    }
  }

  private missing(): number | null {
    if (this.kept.size >= Math.min(this.count, KEPT)) return null;
    for (let ahead = 0; ahead < this.count; ahead += 1) {
      const index = (this.wanted + ahead) % this.count;
      if (!this.kept.has(index)) return index;
    }
    return null;
  }

  private get(index: number): Promise<CineFrame> {
    const known = this.kept.get(index);
    if (known !== undefined) return known;
    const loading = this.load(index, { signal: this.stopping.signal });
    this.kept.set(index, loading);
    loading.then(() => this.onProgress(this.here += 1), () => this.kept.delete(index));
    this.forget(index);
    return loading;
  }

  // A very long cine is not kept whole: the frames farthest from the wanted one go.
  private forget(kept: number): void {
    if (this.kept.size <= KEPT) return;
    const far = [...this.kept.keys()].filter((index) => index !== kept);
    const farthest = far.reduce((a, b) => (Math.abs(a - this.wanted) > Math.abs(b - this.wanted) ? a : b));
    this.kept.delete(farthest);
  }
}
