// What is streamed, and how.

import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { listProcedures } from "../api/client";
import { spacingOf } from "../numbers";
import { useFetched } from "../parts/fetched";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";

const RELIST_MS = 1000;

export interface Chosen {
  readonly kind: string;
  readonly spacing: [number, number] | null;
  readonly staleMs: number;
}

interface Props {
  readonly running: boolean;
  readonly message: string;
  readonly stored: string | null;
  readonly onFps: (fps: number) => void;
  readonly onStart: (chosen: Chosen) => void;
  readonly onStop: () => void;
}

export function SourceForm({ running, message, stored, onFps, onStart, onStop }: Props) {
  const { query } = useLocation();
  const [kind, setKind] = useState(query["procedure"] ?? "");
  const [fault, setFault] = useState("");
  // Procedures that can be played. While some are still being analysed the list is asked for again.
  const { value, error } = useFetched(
    `sources ${stored ?? ""}`,
    (options) => listProcedures(new URLSearchParams({ limit: "200" }), options),
    ({ procedures }) => (procedures.some(({ status }) => status === "queued" || status === "running") ? RELIST_MS : null),
  );
  const playable = value?.procedures.filter(({ status, frame_count: frames }) => status === "done" && frames > 1) ?? [];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (running) { onStop(); return; }
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const spacing = spacingOf(field(form, "spacing"));
    setFault(spacing === undefined ? text.live.badSpacing : "");
    if (spacing !== undefined) onStart({ kind: field(form, "kind"), spacing, staleMs: Number(field(form, "stale")) });
  };
  return (
    <form id="source" onSubmit={submit}>
      <label>
        {text.live.from}
        <select id="kind" name="kind" value={kind || (playable[0]?.id ?? "screen")} onChange={(event) => setKind(event.currentTarget.value)}>
          <optgroup id="procedures" label={text.live.stored}>
            {playable.map(({ id, frame_count: frames, verdict }) => (
              <option key={id} value={id}>{text.live.option(frames, verdict ? procedureVerdict(verdict, null).words : "", id.slice(0, 6))}</option>
            ))}
          </optgroup>
          <optgroup label={text.live.computer}>
            <option value="screen">{text.live.screen}</option>
            <option value="camera">{text.live.camera}</option>
          </optgroup>
        </select>
      </label>
      <label>{text.live.spacing}<input id="spacing" name="spacing" type="text" inputMode="decimal" placeholder={text.live.spacingHint} autocomplete="off" /></label>
      <label>{text.live.fps}<input id="fps" type="number" min="1" max="60" defaultValue="20" onInput={(event) => onFps(Math.max(event.currentTarget.valueAsNumber || 1, 1))} /></label>
      <label>{text.live.stale}<input id="stale" name="stale" type="number" min="20" max="2000" defaultValue="200" required /></label>
      <button id="run" type="submit" class="primary" data-running={running ? "" : undefined}>{running ? text.live.stop : text.live.start} <kbd>s</kbd></button>
      <p class="message" role="status">{fault || message || error?.message || ""}</p>
      {stored === null ? null : <p id="stored"><a href={`/procedures/${stored.split("/").pop() ?? ""}`}>{text.live.storedAs}</a></p>}
    </form>
  );
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
