// The API to try: examples against this server in three languages, and what it really answers.

import { useLocation } from "preact-iso";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getSession } from "../access/session";
import { listProcedures } from "../api/client";
import { useFetched } from "../parts/fetched";
import { text } from "../strings";
import { ask, type Told } from "./asking";
import { code, EXAMPLES, LANGUAGES, type Example, type Language, type Place } from "./examples";
import "./try_api.css";

const NEWEST = new URLSearchParams({ limit: "1" });

export function TryApi() {
  const { query, route } = useLocation();
  const language = LANGUAGES.find((one) => one === query["language"]) ?? "curl";
  const [tried, setTried] = useState<string | null>(null); // what was stored here a moment ago goes before the newest
  const newest = useFetched("newest", (options) => listProcedures(NEWEST, options));
  const session = useFetched("session", getSession);
  const procedure = tried ?? newest.value?.procedures[0]?.id ?? null;
  const place = { origin: location.origin, procedure: procedure ?? "PROCEDURE", key: session.value?.required ?? false };
  return (
    <div class="try-view">
      <div class="try-head">
        <h2>{text.tryIt.title}</h2>
        <p>{text.tryIt.docs} <a href="/docs">/docs</a>, <a href="/openapi.json" target="_blank" rel="noreferrer">/openapi.json</a></p>
      </div>
      <p class="quiet">{text.tryIt.intro}{place.key ? ` ${text.tryIt.key}` : ""}</p>
      <fieldset class="languages">
        <legend>{text.tryIt.language}</legend>
        {LANGUAGES.map((one) => (
          <label key={one}><input type="radio" name="language" value={one} checked={one === language} onChange={() => route(`/try?language=${one}`, true)} /> {text.tryIt.languages[one]}</label>
        ))}
      </fieldset>
      {EXAMPLES.map((example) => <One key={example.id} example={example} place={place} language={language} known={procedure !== null || !example.path.includes("{id}")} onStored={setTried} />)}
    </div>
  );
}

interface OneProps {
  readonly example: Example;
  readonly place: Place;
  readonly language: Language;
  readonly known: boolean;
  readonly onStored: (id: string) => void;
}

type State = "idle" | "asking" | Told | Error;

function One({ example, place, language, known, onStored }: OneProps) {
  const [state, setState] = useState<State>("idle");
  const [copied, setCopied] = useState(false);
  const { title, note } = text.tryIt.examples[example.id as keyof typeof text.tryIt.examples];
  const run = async () => {
    setState("asking");
    try {
      const told = await ask(example, place);
      setState(told);
      const { id, links } = told.json === null ? { id: undefined, links: undefined } : JSON.parse(told.json) as { id?: string; links?: unknown };
      if (example.id === "procedure" && id !== undefined && links !== undefined) onStored(id);
    } catch (error) {
      setState(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const copy = async () => {
    await navigator.clipboard.writeText(code(language, example, place));
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <section class="panel example" data-example={example.id} aria-labelledby={`example-${example.id}`}>
      <div class="said">
        <h3 id={`example-${example.id}`}>{title}</h3>
        <p><code>{example.method} {example.path}</code></p>
        <p class="quiet">{note}</p>
        <p class="buttons">
          <button type="button" class="primary" disabled={state === "asking" || !known} onClick={() => void run()}>{text.tryIt.run}</button>
          <button type="button" onClick={() => void copy()}>{copied ? text.tryIt.copied : text.tryIt.copy}</button>
        </p>
        {known ? null : <p class="quiet">{text.tryIt.nothingStored}</p>}
      </div>
      <div class="shown">
        {LANGUAGES.map((one) => <pre key={one} hidden={one !== language} tabIndex={0} aria-label={text.tryIt.languages[one]}><code data-language={one}>{code(one, example, place)}</code></pre>)}
        <Answer state={state} save={example.save ?? null} />
      </div>
    </section>
  );
}

function Answer({ state, save }: { state: State; save: string | null }) {
  if (state === "idle") return null;
  if (state === "asking") return <p class="answer-head" role="status">{text.tryIt.asking}</p>;
  if (state instanceof Error) return <p class="message" role="alert">{state.message}</p>;
  const { status, words, media, bytes, ms } = state;
  return (
    <div class="answer">
      <p class="answer-head" role="status"><strong data-ok={status < 400}>{status} {words}</strong> {text.tryIt.told(media, bytes, Math.round(ms))}</p>
      {state.json === null ? null : <pre tabIndex={0} aria-label={text.tryIt.answer}>{state.json}</pre>}
      {state.file ? <File file={state.file} media={media} save={save} /> : null}
    </div>
  );
}

function File({ file, media, save }: { file: Blob; media: string; save: string | null }) {
  const address = useMemo(() => URL.createObjectURL(file), [file]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <>
      {media.startsWith("image/") ? <img src={address} alt={text.tryIt.picture} /> : null}
      <p><a href={address} download={save ?? "answer"}>{text.tryIt.keep(save ?? "answer")}</a></p>
    </>
  );
}
