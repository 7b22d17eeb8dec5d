// Calls to the service. Every refusal is a problem document; its detail becomes the error's message.

async function call(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  let detail = `${response.status} ${response.statusText}`;
  try {
    detail = (await response.json()).detail;
  } catch {
    // not a problem document: the status line has to do
  }
  throw new Error(detail);
}

export async function listProcedures() {
  return (await call("/v1/procedures?limit=200")).json();
}

export async function getProcedure(id) {
  return (await call(`/v1/procedures/${encodeURIComponent(id)}`)).json();
}

export async function getAnswer(procedure, index) {
  return (await call(procedure.links.frame.replace("{n}", index))).json();
}

export async function getImage(link, index) {
  const blob = await (await call(link.replace("{n}", index))).blob();
  return URL.createObjectURL(blob);
}

const MEDIA = [
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["application/dicom", 128, [0x44, 0x49, 0x43, 0x4d]],
];

async function mediaOf(file) {
  const head = new Uint8Array(await file.slice(0, 132).arrayBuffer());
  const match = MEDIA.find(([, at, magic]) => magic.every((byte, i) => head[at + i] === byte));
  return match ? match[0] : "application/dicom";
}

export async function upload(file, reading) {
  const given = Object.entries(reading).filter(([, value]) => value !== "");
  const query = new URLSearchParams([["wait", "false"], ...given]);
  const options = { method: "POST", headers: { "Content-Type": await mediaOf(file) }, body: file };
  return (await call(`/v1/procedures?${query}`, options)).json();
}
