// Where live pictures come from: a stored procedure played again, a camera, or a part of the screen.
// Each gives { width, height, image, header, bytes } when it is asked for the next picture.

import { getAnswer, getProcedure } from "./api.js";

const JPEG_QUALITY = 0.92;

// Plays forwards and back, so that nothing jumps where it begins again.
export async function procedureSource(id, onProgress) {
  const procedure = await getProcedure(id);
  const { calibration } = await getAnswer(procedure, 0);
  const frames = [];
  for (let index = 0; index < procedure.frame_count; index += 1) {
    const response = await fetch(procedure.links.picture.replace("{n}", index));
    const blob = await response.blob();
    frames.push({ image: await createImageBitmap(blob), bytes: await blob.arrayBuffer() });
    onProgress(index + 1, procedure.frame_count);
  }
  let tick = 0;
  const round = Math.max(2 * frames.length - 2, 1);
  return {
    spacing: calibration.spacing_mm,
    fps: procedure.frame_time_ms ? 1000 / procedure.frame_time_ms : null,
    async next() {
      const at = tick % round;
      tick += 1;
      const { image, bytes } = frames[at < frames.length ? at : round - at];
      return { image, bytes, width: image.width, height: image.height, header: { format: "png" } };
    },
    stop() {
      frames.forEach(({ image }) => image.close());
    },
  };
}

export async function captureSource(kind) {
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
    fps: null,
    async next() {
      const width = video.videoWidth;
      const height = video.videoHeight;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      brush.drawImage(video, 0, 0);
      const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY); });
      return { image: canvas, bytes: await blob.arrayBuffer(), width, height, header: { format: "jpeg" } };
    },
    stop() {
      stream.getTracks().forEach((track) => track.stop());
    },
  };
}
