// What is streamed, and how.

import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { listProcedures, type Listed } from "../api/client";
import { cameras, mediaDevices } from "../live/sources";
import { spacingOf } from "../numbers";
import { useFetched } from "../parts/fetched";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";

const SOON_MS = 1000;
const LATER_MS = 5000;
const OFFERED = 200;

export interface Chosen {
  readonly kind: string;
  readonly file: File | null;
  readonly device: string;
  readonly spacing: [number, number] | null;
  readonly staleMs: number;
}

interface Props {
  readonly running: boolean;
  readonly opening: boolean;
  readonly message: string;
  readonly onFps: (fps: number | null) => void;
  readonly onStart: (chosen: Chosen) => void;
  readonly onStop: () => void;
}

export function SourceForm({ running, opening, message, onFps, onStart, onStop }: Props) {
  const { query } = useLocation();
  const [chosen, setKind] = useState(query["procedure"] ?? "");
  const [fault, setFault] = useState("");
  const { playable, error } = usePlayable();
  const kind = chosen === "" ? (playable.find(isDone)?.id ?? "sample") : chosen;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (opening) return;
    if (running) { onStop(); return; }
    const asked = askedFor(new FormData(event.currentTarget as HTMLFormElement), kind);
    setFault(typeof asked === "string" ? asked : "");
    if (typeof asked !== "string") onStart(asked);
  };
  return (
    <form id="source" class="source" onSubmit={submit} noValidate>
      {running ? null : (
        <>
          <Kinds kind={kind} playable={playable} onChange={setKind} />
          {kind === "file" ? <label>{text.live.file}<input id="live-file" name="file" type="file" accept=".dcm,.dicom,image/png,image/jpeg,application/dicom" /></label> : null}
          {kind === "camera" ? <Devices /> : null}
          <label>{text.live.spacing}<input id="spacing" name="spacing" type="text" inputMode="decimal" placeholder={kind === "screen" || kind === "camera" ? text.live.spacingRuler : text.live.spacingHint} autocomplete="off" /></label>
        </>
      )}
      <label>{text.live.fps}<input id="fps" type="number" min="1" max="60" placeholder={text.live.fpsHint} onInput={(event) => onFps(event.currentTarget.valueAsNumber >= 1 ? event.currentTarget.valueAsNumber : null)} /></label>
      {running ? null : <label>{text.live.stale}<input id="stale" name="stale" type="number" min="20" max="10000" defaultValue="200" required /></label>}
      <button id="run" type="submit" class="primary" disabled={opening} aria-keyshortcuts="s" data-running={running ? "" : undefined}>{running ? text.live.stop : text.live.start} <kbd>s</kbd></button>
      <p class="message" role="status">{fault || message || error?.message || ""}</p>
    </form>
  );
}

// Procedures that can be played; the list is asked for again and again, for one that is being analysed is soon done.
function usePlayable() {
  const { value, error } = useFetched(
    "sources",
    (options) => listProcedures(new URLSearchParams({ limit: String(OFFERED) }), options),
    ({ procedures }) => (procedures.every(isDone) ? LATER_MS : SOON_MS),
  );
  return { playable: value?.procedures.filter(({ status, frame_count: frames }) => status !== "failed" && frames > 1) ?? [], error };
}

function isDone({ status }: Listed): boolean {
  return status === "done";
}

function Kinds({ kind, playable, onChange }: { kind: string; playable: readonly Listed[]; onChange: (kind: string) => void }) {
  return (
    <label>
      {text.live.from}
      <select id="kind" name="kind" value={kind} onChange={(event) => onChange(event.currentTarget.value)}>
        <optgroup id="procedures" label={text.live.stored}>
          {playable.map((procedure) => <option key={procedure.id} value={procedure.id} disabled={!isDone(procedure)}>{nameOf(procedure)}</option>)}
        </optgroup>
        <optgroup label={text.live.files}>
          <option value="sample">{text.live.sample}</option>
          <option value="file">{text.live.aFile}</option>
        </optgroup>
        <optgroup label={text.live.computer}>
          <option value="camera">{text.live.camera}</option>
          <option value="screen">{text.live.screen}</option>
        </optgroup>
      </select>
    </label>
  );
}

function nameOf({ id, status, verdict, frame_count: frames, frames_done: done }: Listed): string {
  if (status !== "done") return `${text.verdict.status[status]}: ${text.list.progress(done, frames)}`;
  return text.live.option(frames, verdict ? procedureVerdict(verdict, null).words : "", id.slice(0, 6));
}

// Which camera, where there are several; their names are told once one of them was allowed.
function Devices() {
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => {
    const look = () => void cameras().then(setDevices, () => setDevices([]));
    const media = mediaDevices();
    look();
    media?.addEventListener("devicechange", look);
    return () => media?.removeEventListener("devicechange", look);
  }, []);
  if (devices.length < 2) return null;
  return (
    <label>
      {text.live.device}
      <select id="device" name="device">
        {devices.map(({ deviceId, label }, index) => <option key={deviceId} value={deviceId}>{label === "" ? text.live.nthCamera(index + 1) : label}</option>)}
      </select>
    </label>
  );
}

// What the form asks for, or what is wrong with it.
function askedFor(form: FormData, kind: string): Chosen | string {
  const spacing = spacingOf(field(form, "spacing"));
  const file = form.get("file");
  const staleMs = Number(field(form, "stale"));
  if (spacing === undefined) return text.live.badSpacing;
  if (kind === "file" && !(file instanceof File && file.size > 0)) return text.live.noFile;
  if (!(staleMs >= 20 && staleMs <= 10_000)) return text.live.badStale;
  return { kind, file: file instanceof File ? file : null, device: field(form, "device"), spacing, staleMs };
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
