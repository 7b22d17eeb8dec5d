// Where live pictures come from: a stored procedure played again, a camera, or a part of the screen.

import { frameLink, getAnswer, getBlob, getProcedure } from "../api/client";

const JPEG_QUALITY = 0.92;

export interface Picture {
  readonly image: CanvasImageSource;
  readonly bytes: ArrayBuffer;
  readonly width: number;
  readonly height: number;
  readonly header: { readonly format: "png" | "jpeg" };
}

export interface PictureSource {
  readonly spacing: readonly number[] | null;
  next(): Promise<Picture>;
  stop(): void;
}

// Index of the n-th picture of a cine played forwards and back, so that nothing jumps where it begins again.
export function there(tick: number, frames: number): number {
  const round = Math.max(2 * frames - 2, 1);
  const at = tick % round;
  return at < frames ? at : round - at;
}

export async function procedureSource(id: string, onProgress: (done: number, all: number) => void): Promise<PictureSource> {
  const procedure = await getProcedure(id);
  const { calibration } = await getAnswer(procedure, 0);
  const frames: { image: ImageBitmap; bytes: ArrayBuffer }[] = [];
  for (let index = 0; index < procedure.frame_count; index += 1) {
    const blob = await getBlob(frameLink(procedure.links.picture, index));
    frames.push({ image: await createImageBitmap(blob), bytes: await blob.arrayBuffer() });
    onProgress(index + 1, procedure.frame_count);
  }
  let tick = 0;
  return {
    spacing: calibration.spacing_mm,
    next() {
      const frame = frames[there(tick, frames.length)];
      tick += 1;
      if (frame === undefined) return Promise.reject(new RangeError("a cine without frames"));
      const { image, bytes } = frame;
      return Promise.resolve({ image, bytes, width: image.width, height: image.height, header: { format: "png" } });
    },
    stop() {
      for (const { image } of frames) image.close();
    },
  };
}

export async function captureSource(kind: "screen" | "camera"): Promise<PictureSource> {
  const wanted = { video: { frameRate: { ideal: 30 } }, audio: false };
  const devices = navigator.mediaDevices;
  const stream = await (kind === "screen" ? devices.getDisplayMedia(wanted) : devices.getUserMedia(wanted));
  const video = document.createElement("video");
  video.srcObject = stream;
  video.muted = true;
  await video.play();
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  return {
    spacing: null,
    async next() {
      const { videoWidth: width, videoHeight: height } = video;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      brush?.drawImage(video, 0, 0);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
      if (blob === null) throw new Error("the picture could not be read from the screen or camera");
      return { image: canvas, bytes: await blob.arrayBuffer(), width, height, header: { format: "jpeg" } };
    },
    stop() {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
