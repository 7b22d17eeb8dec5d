// Where live pictures come from: a stored procedure played again, a file, a sample, a camera, or a part of the screen.

import { frameLink, getAnswer, getBlob, getProcedure, upload, type Procedure } from "../api/client";
import { Cache } from "../cine/cache";
import { text } from "../strings";

const JPEG_QUALITY = 0.92;
const KEPT_BYTES = 256 * 2 ** 20;
const AHEAD = 8;
const POLL_MS = 300;
const SAMPLE = "/page/sample.dcm";

export interface Picture {
  readonly image: CanvasImageSource;
  readonly bytes: ArrayBuffer;
  readonly width: number;
  readonly height: number;
  readonly header: { readonly format: "png" | "jpeg" };
  readonly done?: () => void;
}

export interface PictureSource {
  readonly spacing: readonly number[] | null;
  readonly fps: number | null;
  next(): Promise<Picture>;
  stop(): void;
}

export type Say = (words: string) => void;

// Index of the n-th picture of a cine played forwards and back, so that nothing jumps where it begins again.
export function there(tick: number, frames: number): number {
  const round = Math.max(2 * frames - 2, 1);
  const at = tick % round;
  return at < frames ? at : round - at;
}

export async function procedureSource(id: string, say: Say): Promise<PictureSource> {
  const procedure = await getProcedure(id);
  const spacing = await spacingOfCine(procedure, say);
  const { frame_count: count, frame_time_ms: frameMs, links } = procedure;
  let tick = 0;
  // Kept as they came, decoded one by one: a long cine would fill the memory otherwise.
  const blobs = new Cache<Blob>(KEPT_BYTES, (index) => Math.abs(index - there(tick, count)), ({ size }) => size);
  const blobAt = (at: number) => {
    const index = there(at, count);
    return blobs.get(index, () => getBlob(frameLink(links.picture, index)));
  };
  const picture = async (at: number): Promise<Picture> => {
    const blob = await blobAt(at);
    const [image, bytes] = await Promise.all([createImageBitmap(blob), blob.arrayBuffer()]);
    return { image, bytes, width: image.width, height: image.height, header: { format: "png" }, done: () => image.close() };
  };
  // The one after is decoded while this one is shown: unlike a camera's it is no newer for having been waited for.
  let coming: Promise<Picture> | null = null;
  return {
    spacing,
    fps: frameMs === null ? null : 1000 / frameMs,
    async next() {
      const now = await (coming ?? picture(tick));
      tick += 1;
      coming = picture(tick);
      coming.catch(() => undefined); // told when it is its turn
      for (let ahead = 1; ahead < Math.min(AHEAD, count); ahead += 1) blobAt(tick + ahead).catch(() => undefined);
      return now;
    },
    stop() {
      void coming?.then(({ done }) => done?.(), () => undefined);
      blobs.clear();
    },
  };
}

// Its first frame's answer knows it; that comes soon after the procedure was taken in.
async function spacingOfCine(procedure: Procedure, say: Say): Promise<readonly number[] | null> {
  let now = procedure;
  while (now.frames_done === 0 && (now.status === "queued" || now.status === "running")) {
    say(text.live.preparing);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    now = await getProcedure(procedure.id);
  }
  return now.frames_done > 0 ? (await getAnswer(now, 0)).calibration.spacing_mm : null;
}

export async function fileSource(file: File, spacing: readonly number[] | null, say: Say): Promise<PictureSource> {
  say(text.live.sending((file.size / 1e6).toFixed(1)));
  const { id } = await upload(file, spacing === null ? {} : { spacing_mm: spacing.join(",") });
  return procedureSource(id, say);
}

// The same bytes are the same procedure: the sample is taken in once.
export async function sampleSource(say: Say): Promise<PictureSource> {
  say(text.live.preparing);
  return fileSource(new File([await getBlob(SAMPLE)], "sample.dcm"), null, say);
}

export const CAPTURES = ["screen", "camera"] as const;
export type Capture = (typeof CAPTURES)[number];

export function isCapture(kind: string): kind is Capture {
  return kind === "screen" || kind === "camera";
}

// Why a browser does not let us look.
export function refusal(kind: Capture, error: unknown): Error {
  const name = error instanceof DOMException ? error.name : "";
  const { refused } = text.live;
  if (name === "NotAllowedError") return new Error(refused.denied[kind]);
  if (name === "NotFoundError" || name === "OverconstrainedError") return new Error(refused.none[kind]);
  if (name === "NotReadableError") return new Error(refused.busy[kind]);
  return error instanceof Error ? error : new Error(String(error));
}

// Missing on plain http from another machine.
export function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices;
}

async function streamOf(kind: Capture, device: string): Promise<MediaStream> {
  const devices = mediaDevices();
  if (devices === undefined) throw new Error(text.live.refused.insecure);
  const video = { frameRate: { ideal: 30 }, width: { ideal: 1280 }, height: { ideal: 960 } };
  if (kind === "screen") return devices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: false });
  return devices.getUserMedia({ video: device === "" ? video : { ...video, deviceId: { exact: device } }, audio: false });
}

export async function captureSource(kind: Capture, device: string): Promise<PictureSource> {
  const stream = await streamOf(kind, device).catch((error: unknown) => { throw refusal(kind, error); });
  const [track] = stream.getVideoTracks();
  const video = document.createElement("video");
  video.srcObject = stream;
  video.muted = true;
  await video.play();
  const canvas = document.createElement("canvas");
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  return {
    spacing: null,
    fps: null,
    async next() {
      if (track === undefined || track.readyState === "ended") throw new Error(text.live.refused.ended);
      const { videoWidth: width, videoHeight: height } = video;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      brush?.drawImage(video, 0, 0);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
      if (blob === null) throw new Error(text.live.refused.unreadable);
      return { image: canvas, bytes: await blob.arrayBuffer(), width, height, header: { format: "jpeg" } };
    },
    stop() {
      for (const each of stream.getTracks()) each.stop();
    },
  };
}

export async function cameras(): Promise<readonly MediaDeviceInfo[]> {
  return ((await mediaDevices()?.enumerateDevices()) ?? []).filter(({ kind }) => kind === "videoinput");
}
