// The worker of jpeg.ts.

const JPEG_QUALITY = 0.92;

interface Port {
  onmessage: ((event: MessageEvent<ImageBitmap>) => void) | null;
  postMessage(bytes: ArrayBuffer | null, transfer: Transferable[]): void;
}

const port = self as unknown as Port;
const canvas = new OffscreenCanvas(1, 1);
const brush = canvas.getContext("2d", { alpha: false, willReadFrequently: true });

async function coded(image: ImageBitmap): Promise<ArrayBuffer> {
  const { width, height } = image;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  brush?.drawImage(image, 0, 0);
  image.close();
  return (await canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY })).arrayBuffer();
}

// Nothing instead of the bytes says that it could not be done.
port.onmessage = ({ data }) => void coded(data).then((bytes) => port.postMessage(bytes, [bytes]), () => port.postMessage(null, []));
