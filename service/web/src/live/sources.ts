// Where live pictures come from: a stored procedure played again, a file, a sample, a camera, or a part of the screen.

import { frameLink, getAnswer, getBlob, getProcedure, upload, type Procedure } from "../api/client";
import { Cache } from "../cine/cache";
import { text } from "../strings";
import { jpegCoder } from "./jpeg";

const KEPT_BYTES = 256 * 2 ** 20;
const AHEAD = 8;
const POLL_MS = 300;
const SAMPLE = "/page/sample.dcm";

export interface Picture {
  readonly image: ImageBitmap;
  // Once it is drawn: what is sent of it; the image is gone then.
  readonly coded: () => Promise<ArrayBuffer>;
  readonly header: { readonly format: "png" | "jpeg" };
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
  // Kept as they came, decoded one by one: a long cine would fill the memory otherwise. The bytes beside the blob, which
  // lies in another process of the browser.
  const files = new Cache<{ blob: Blob; bytes: ArrayBuffer }>(KEPT_BYTES, (index) => Math.abs(index - there(tick, count)), ({ blob }) => 2 * blob.size);
  const fileAt = (at: number) => {
    const index = there(at, count);
    return files.get(index, async () => {
      const blob = await getBlob(frameLink(links.picture, index));
      return { blob, bytes: await blob.arrayBuffer() };
    });
  };
  const picture = async (at: number): Promise<Picture> => {
    const { blob, bytes } = await fileAt(at);
    const image = await createImageBitmap(blob);
    const coded = () => {
      image.close();
      return Promise.resolve(bytes);
    };
    return { image, coded, header: { format: "png" } };
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
      for (let ahead = 1; ahead < Math.min(AHEAD, count); ahead += 1) fileAt(tick + ahead).catch(() => undefined);
      return now;
    },
    stop() {
      void coming?.then(({ image }) => image.close(), () => undefined);
      files.clear();
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
  const brush = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  const coder = jpegCoder();
  return {
    spacing: null,
    fps: track?.getSettings().frameRate ?? null,
    async next() {
      if (track === undefined || track.readyState === "ended") throw new Error(text.live.refused.ended);
      const { videoWidth: width, videoHeight: height } = video;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      brush?.drawImage(video, 0, 0); // an image of the canvas, not of the video: that one takes three times as long
      const image = await createImageBitmap(canvas);
      return { image, coded: () => coder.code(image), header: { format: "jpeg" } };
    },
    stop() {
      coder.stop();
      for (const each of stream.getTracks()) each.stop();
    },
  };
}

export async function cameras(): Promise<readonly MediaDeviceInfo[]> {
  return ((await mediaDevices()?.enumerateDevices()) ?? []).filter(({ kind }) => kind === "videoinput");
}
