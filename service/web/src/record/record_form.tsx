// The record as a form: coded values alone, each with the service's word against it where it does not fit.

import { useState } from "preact/hooks";
import type { Procedure } from "../api/client";
import { askerCode, keepAskerCode } from "../parts/asker";
import { useKeys } from "../parts/keys";
import { text } from "../strings";
import { putRecord, type RecordAnswer } from "./calls";
import { Control, Note } from "./control";
import { RECORD, RECORD_FIELDS } from "./fields";
import { useSaving } from "./saving";
import { bodyOf, type Values } from "./values";

interface Props {
  readonly procedure: Procedure;
  readonly present: RecordAnswer | null;
  readonly start: Values;
  readonly onKept: (answer: RecordAnswer) => void;
}

const POINTERS = new Set(RECORD_FIELDS.map(({ pointer }) => pointer));

// Sides that contradict each other, as the form stands; what is kept is flagged by the service.
export function contradiction(pointer: string, values: Values, picture: string | null): string | undefined {
  const side = values["/laterality"];
  if (!side) return undefined;
  const words = text.coded.side as Readonly<Record<string, string>>;
  if (pointer === "/laterality" && picture !== null && picture !== side) return text.record.otherThanPicture(words[picture] ?? picture);
  const screen = values["/laterality_on_screen"];
  if (pointer === "/laterality_on_screen" && screen && screen !== side) return text.record.otherThanScreen(words[side] ?? side);
  return undefined;
}

export function RecordForm({ procedure, present, start, onKept }: Props) {
  const [values, setValues] = useState(start);
  const [code, setCode] = useState(askerCode);
  const { busy, faults, kept, save } = useSaving<RecordAnswer>((pointer) => POINTERS.has(pointer));
  const submit = () => void save(() => {
    keepAskerCode(code.trim());
    return putRecord(procedure.id, bodyOf(RECORD_FIELDS, values));
  }, onKept);
  useKeys({ s: submit });
  const set = (pointer: string) => (value: string) => setValues((before) => ({ ...before, [pointer]: value }));
  return (
    <form class="panel record-form" aria-label={text.record.title} onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {present ? <Flags answer={present} /> : null}
      {RECORD.map(({ title, fields }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          <div class="fields">
            {fields.map((field) => (
              <Control
                key={field.pointer} field={field} value={values[field.pointer] ?? ""} fault={faults.get(field.pointer)}
                warning={contradiction(field.pointer, values, procedure.laterality)} onChange={set(field.pointer)}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <div class="save">
        <Asker code={code} onChange={setCode} />
        <button type="submit" class="primary" disabled={busy} aria-keyshortcuts="s">{text.record.save}</button>
        <p class="said" role="status">{busy ? text.record.saving : kept ? text.record.kept(kept.version) : ""}</p>
        {faults.get("") ? <Note kind="fault">{faults.get("")}</Note> : null}
        {faults.size > 0 && !faults.get("") ? <Note kind="fault">{text.record.faulty(faults.size)}</Note> : null}
      </div>
    </form>
  );
}

export function Asker({ code, onChange }: { code: string; onChange: (code: string) => void }) {
  return (
    <label class="asker">
      {text.record.asker}
      <input type="text" size={8} maxLength={32} autocomplete="off" spellcheck={false} title={text.record.codeHint} value={code} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}

function Flags({ answer }: { answer: RecordAnswer }) {
  return <>{answer.explanations.map((sentence) => <Note key={sentence} kind="warning">{sentence}</Note>)}</>;
}
