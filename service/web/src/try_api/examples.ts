// Requests worth trying, each written once and shown in three languages; the page's own button asks the same.

export interface Example {
  readonly id: string;
  readonly method: "GET" | "POST";
  readonly path: string; // {id} stands for a stored procedure
  readonly body?: "sample";
  readonly accept?: string;
  readonly save?: string; // a file rather than JSON
}

export interface Place {
  readonly origin: string;
  readonly procedure: string;
  readonly key: boolean; // the service wants one
}

export const SAMPLE = "/page/sample.dcm";
const FILE = "sample.dcm", MEDIA = "application/dicom";

export const EXAMPLES: readonly Example[] = [
  { id: "sample", method: "GET", path: SAMPLE, save: FILE },
  { id: "model", method: "GET", path: "/v1/model" },
  { id: "frame", method: "POST", path: "/v1/frames?frame=20", body: "sample" },
  { id: "overlay", method: "POST", path: "/v1/frames?frame=20", body: "sample", accept: "image/png", save: "overlay.png" },
  { id: "procedure", method: "POST", path: "/v1/procedures", body: "sample" },
  { id: "list", method: "GET", path: "/v1/procedures?limit=3" },
  { id: "course", method: "GET", path: "/v1/procedures/{id}/course" },
  { id: "stored", method: "GET", path: "/v1/procedures/{id}/frames/0/overlay.png", save: "frame.png" },
  { id: "figures", method: "GET", path: "/v1/archive/figures" },
];

export const LANGUAGES = ["curl", "python", "javascript"] as const;
export type Language = (typeof LANGUAGES)[number];

export function headersOf({ body, accept }: Example): Readonly<Record<string, string>> {
  return { ...(body ? { "Content-Type": MEDIA } : {}), ...(accept ? { Accept: accept } : {}) };
}

export function addressOf({ path }: Example, { origin, procedure }: Place): string {
  return origin + path.replace("{id}", procedure);
}

export function code(language: Language, example: Example, place: Place): string {
  return { curl, python, javascript }[language](example, place);
}

function curl(example: Example, place: Place): string {
  const headers = Object.entries(headersOf(example)).map(([name, value]) => `-H "${name}: ${value}"`);
  return [
    "curl --fail-with-body -sS",
    ...(place.key ? ['-H "Authorization: Bearer $SONOPLACE_KEY"'] : []),
    ...headers,
    ...(example.body ? [`--data-binary @${FILE}`] : []),
    ...(example.save ? [`-o ${example.save}`] : []),
    `"${addressOf(example, place)}"`,
  ].join(" \\\n  ");
}

function python(example: Example, place: Place): string {
  const headers = Object.entries(headersOf(example)).map(([name, value]) => `"${name}": "${value}"`);
  const all = [...headers, ...(place.key ? ['"Authorization": f"Bearer {os.environ[\'SONOPLACE_KEY\']}"'] : [])];
  const given = [
    `"${addressOf(example, place)}"`,
    ...(example.body ? [`data=Path("${FILE}").read_bytes()`] : []),
    ...(all.length > 0 ? [`headers={${all.join(", ")}}`] : []),
  ];
  return [
    ...(example.save ? [] : ["import json"]),
    ...(place.key ? ["import os"] : []),
    ...(example.save || example.body ? ["from pathlib import Path"] : []),
    "from urllib.request import Request, urlopen",
    "",
    `request = Request(${given.length === 1 ? given.join("") : `\n    ${given.join(",\n    ")},\n`})`,
    "with urlopen(request) as answer:",
    example.save ? `    Path("${example.save}").write_bytes(answer.read())` : "    print(json.dumps(json.load(answer), indent=2))",
  ].join("\n");
}

function javascript(example: Example, place: Place): string {
  const headers = Object.entries(headersOf(example)).map(([name, value]) => `"${name}": "${value}"`);
  const all = [...headers, ...(place.key ? ["Authorization: `Bearer ${key}`"] : [])];
  const options = [
    ...(example.method === "GET" ? [] : [`method: "${example.method}"`]),
    ...(all.length > 0 ? [`headers: { ${all.join(", ")} }`] : []),
    ...(example.body ? ["body: sample"] : []),
  ];
  return [
    ...(example.body ? [`const sample = await (await fetch("${place.origin}${SAMPLE}")).blob();`] : []),
    `const answer = await fetch("${addressOf(example, place)}"${options.length > 0 ? `, {\n${options.map((one) => `  ${one},\n`).join("")}}` : ""});`,
    "if (!answer.ok) throw new Error(await answer.text());",
    example.save ? "console.log(answer.headers.get(\"content-type\"), (await answer.blob()).size);" : "console.log(await answer.json());",
  ].join("\n");
}
