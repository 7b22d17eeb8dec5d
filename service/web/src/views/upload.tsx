// A place to drop files that are to be analysed and kept, one after the other, and what became of each.

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { Refused } from "../api/client";
import { Verdict } from "../parts/findings";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";
import { send, type Sent } from "./sending";

interface Item {
  readonly key: number;
  readonly file: File;
  readonly sent: Sent;
  readonly stopping: AbortController;
}
type Change = { readonly add: readonly Item[] } | { readonly key: number; readonly sent: Sent } | { readonly keep: (item: Item) => boolean };

function changed(items: readonly Item[], change: Change): readonly Item[] {
  if ("add" in change) return [...items, ...change.add];
  if ("keep" in change) return items.filter(change.keep);
  return items.map((item) => (item.key === change.key ? { ...item, sent: change.sent } : item));
}

export function isFinished({ sent }: Pick<Item, "sent">): boolean {
  return sent.at === "refused" || (sent.at === "kept" && (sent.procedure.status === "done" || sent.procedure.status === "failed"));
}

interface Props {
  readonly open: boolean;
  readonly onDropped: () => void;
  readonly onKept: () => void;
  readonly onOne: (id: string) => void;
}

let next = 0;

// Files go one after the other, so that the first answers come first; a single one is opened as soon as it is taken in.
function useSending({ onKept, onOne }: Pick<Props, "onKept" | "onOne">) {
  const [items, change] = useReducer(changed, []);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const newest = useRef({ onKept, onOne });
  newest.current = { onKept, onOne };
  const here = useRef(true);
  useEffect(() => () => { here.current = false; }, []);
  const take = (files: readonly File[], reading: Readonly<Record<string, string>>) => {
    const added = files.map((file): Item => ({ key: next++, file, sent: { at: "waiting" }, stopping: new AbortController() }));
    change({ add: added });
    const alone = added.length === 1 && items.every(isFinished);
    for (const { key, file, stopping } of added) {
      const report = (sent: Sent) => {
        if (!here.current) return;
        change({ key, sent });
        if (sent.at !== "kept") return;
        if (alone) newest.current.onOne(sent.procedure.id);
        else newest.current.onKept();
      };
      queue.current = queue.current.then(() => send(file, reading, report, stopping.signal));
    }
  };
  return { items, take, clear: () => change({ keep: (item) => !isFinished(item) }) };
}

export function Upload({ open, onDropped, onKept, onOne }: Props) {
  const [over, setOver] = useState(false);
  const [reading, setReading] = useState({ spacing_mm: "", region: "" });
  const { items, take, clear } = useSending({ onKept, onOne });
  const taken = (files: FileList | null | undefined) => {
    if (files && files.length > 0) take([...files], { spacing_mm: reading.spacing_mm.trim(), region: reading.region.trim() });
  };
  useDropAnywhere(setOver, (files) => { onDropped(); taken(files); });
  const chosen = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    taken(input.files);
    input.value = ""; // the same file may be chosen again
  };
  const field = (name: "spacing_mm" | "region") => (event: Event) => setReading((before) => ({ ...before, [name]: (event.currentTarget as HTMLInputElement).value }));
  return (
    <section class="upload panel" aria-label={text.upload.title} hidden={!open && !over}>
      <label class={over ? "drop over" : "drop"}>
        <strong>{text.upload.drop}</strong>
        <span>{text.upload.choose}</span>
        <input id="file" type="file" multiple accept=".dcm,.dicom,image/png,image/jpeg,application/dicom" onChange={chosen} />
      </label>
      <div class="reading">
        <label>
          {text.upload.spacing}
          <input id="spacing" type="text" inputMode="decimal" placeholder={text.upload.spacingHint} autocomplete="off" value={reading.spacing_mm} onInput={field("spacing_mm")} />
        </label>
        <label>
          {text.upload.region}
          <input id="region" type="text" inputMode="numeric" placeholder={text.upload.regionHint} autocomplete="off" value={reading.region} onInput={field("region")} />
        </label>
      </div>
      {items.length > 0 ? <Sending items={items} onAgain={(file) => taken(listOf(file))} onClear={clear} /> : null}
    </section>
  );
}

function listOf(file: File): FileList {
  const transfer = new DataTransfer();
  transfer.items.add(file);
  return transfer.files;
}

// Dropped beside the drop area a file would replace the page.
function useDropAnywhere(onOver: (over: boolean) => void, onFiles: (files: FileList | undefined) => void): void {
  const newest = useRef({ onOver, onFiles });
  newest.current = { onOver, onFiles };
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      newest.current.onOver(true);
    };
    const out = (event: DragEvent) => { if (event.relatedTarget === null) newest.current.onOver(false); };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      newest.current.onOver(false);
      newest.current.onFiles(event.dataTransfer?.files);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", out);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", out);
      document.removeEventListener("drop", drop);
    };
  }, []);
}

function Sending({ items, onAgain, onClear }: { items: readonly Item[]; onAgain: (file: File) => void; onClear: () => void }) {
  return (
    <div class="sent">
      <ul aria-label={text.upload.files}>
        {items.map((item) => (
          <li key={item.key}>
            <span class="file">{item.file.name}</span>
            <State item={item} />
            {isFinished(item) ? null : <button type="button" onClick={() => item.stopping.abort()}>{text.upload.stop}</button>}
            {item.sent.at === "refused" ? <button type="button" onClick={() => onAgain(item.file)}>{text.upload.again}</button> : null}
          </li>
        ))}
      </ul>
      {items.some(isFinished) ? <button type="button" onClick={onClear}>{text.upload.clear}</button> : null}
    </div>
  );
}

function State({ item: { sent, file } }: { item: Item }) {
  const { upload } = text;
  if (sent.at === "waiting") return <span class="quiet">{upload.waiting}</span>;
  if (sent.at === "reading") return <span class="quiet" role="status">{upload.reading}</span>;
  if (sent.at === "sending") return <Bar share={sent.share} words={upload.sending(Math.round(100 * sent.share), (file.size / 1e6).toFixed(1))} />;
  if (sent.at === "refused") return <Refusal error={sent.error} />;
  const { procedure } = sent;
  const words = upload.analysing(procedure.frames_done, procedure.frame_count);
  if (!isFinished({ sent })) return <Bar share={procedure.frames_done / procedure.frame_count} words={words} />;
  return <a href={`/procedures/${procedure.id}`}><Verdict shown={procedure.verdict === null ? { kind: "not_assessed", words: text.verdict.status[procedure.status] } : procedureVerdict(procedure.verdict, procedure.summary?.tissue_at_tip ?? null)} /></a>;
}

function Bar({ share, words }: { share: number; words: string }) {
  return <span class="progress"><progress max={1} value={share} aria-label={words} /> {words}</span>;
}

function Refusal({ error }: { error: Error }) {
  const title = error instanceof Refused ? error.problem.title : text.error.title;
  return <span class="refusal" role="alert"><strong>{title}</strong> {error.message}</span>;
}
