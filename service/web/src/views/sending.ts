// One file on its way into the store: sent with its progress, then followed until it is analysed or refused.

import { setSignedOut } from "../access/state";
import { asker } from "../parts/asker";
import { getProcedure, mediaOf, Refused, Unreachable, type Problem, type Procedure } from "../api/client";
import { text } from "../strings";

const FOLLOW_MS = 500;

export type Sent =
  | { readonly at: "waiting" }
  | { readonly at: "sending"; readonly share: number }
  | { readonly at: "reading" }
  | { readonly at: "kept"; readonly procedure: Procedure }
  | { readonly at: "refused"; readonly error: Error };

export type Report = (sent: Sent) => void;

export async function send(file: File, reading: Readonly<Record<string, string>>, report: Report, stopping: AbortSignal): Promise<void> {
  try {
    let procedure = await posted(file, reading, report, stopping);
    report({ at: "kept", procedure });
    while (procedure.status === "queued" || procedure.status === "running") {
      await new Promise((resolve) => window.setTimeout(resolve, FOLLOW_MS));
      procedure = await getProcedure(procedure.id, { signal: stopping });
      report({ at: "kept", procedure });
    }
  } catch (error) {
    const stopped = error instanceof DOMException && error.name === "AbortError";
    report({ at: "refused", error: stopped ? new Error(text.upload.stopped) : error instanceof Error ? error : new Error(String(error)) });
  }
}

// `fetch` does not tell how much of a body is sent: XMLHttpRequest does.
async function posted(file: File, reading: Readonly<Record<string, string>>, report: Report, stopping: AbortSignal): Promise<Procedure> {
  stopping.throwIfAborted();
  const given = Object.entries(reading).filter(([, value]) => value !== "");
  const query = new URLSearchParams([["wait", "false"], ...given]);
  const media = mediaOf(new Uint8Array(await file.slice(0, 132).arrayBuffer()));
  const request = new XMLHttpRequest();
  request.open("POST", `/v1/procedures?${query.toString()}`);
  request.setRequestHeader("Content-Type", media);
  for (const [name, value] of Object.entries(asker())) request.setRequestHeader(name, value);
  request.responseType = "json";
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    stopping.addEventListener("abort", stop, { once: true });
    request.upload.onprogress = ({ loaded, total }) => report({ at: "sending", share: total > 0 ? loaded / total : 1 });
    request.upload.onload = () => report({ at: "reading" });
    request.onloadend = () => stopping.removeEventListener("abort", stop);
    request.onerror = () => reject(new Unreachable(text.error.network));
    request.onabort = () => reject(new DOMException(text.upload.stopped, "AbortError"));
    request.onload = () => {
      if (request.status < 300) resolve(request.response as Procedure);
      else reject(refusal(request));
    };
    request.send(file);
  });
}

function refusal({ status, statusText, response }: XMLHttpRequest): Error {
  if (status === 401) setSignedOut(true);
  const problem = response as Problem | null;
  return problem === null ? new Error(`${status} ${statusText}`) : new Refused(problem);
}
