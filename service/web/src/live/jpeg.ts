// Pictures coded as JPEG in a worker: canvas.toBlob does it on the page's own thread, which draws nothing meanwhile.

import { text } from "../strings";

export interface Coder {
  // Takes the picture away from the page; one at a time.
  code(image: ImageBitmap): Promise<ArrayBuffer>;
  stop(): void;
}

export function jpegCoder(): Coder {
  const worker = new Worker(new URL("./jpeg_worker.ts", import.meta.url), { type: "module" });
  return {
    code: (image) => new Promise((resolve, reject) => {
      const fail = () => reject(new Error(text.live.refused.unreadable));
      worker.onmessage = ({ data }: MessageEvent<ArrayBuffer | null>) => { if (data === null) fail(); else resolve(data); };
      worker.onerror = fail;
      worker.postMessage(image, [image]);
    }),
    stop: () => worker.terminate(),
  };
}
