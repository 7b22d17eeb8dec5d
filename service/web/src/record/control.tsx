// One coded value with its label, unit, hint, and what the service says against it.

import type { ComponentChildren } from "preact";
import { text } from "../strings";
import type { Field } from "./fields";

interface Props {
  readonly field: Field;
  readonly value: string;
  readonly fault?: string | undefined;
  readonly warning?: string | undefined;
  readonly onChange: (value: string) => void;
}

const MODES = { number: "decimal", date: "numeric", code: "text" } as const;

export function Control({ field, value, fault, warning, onChange }: Props) {
  const id = `field${field.pointer.replaceAll("/", "-")}`;
  const notes = [field.hint ? `${id}-hint` : "", fault ? `${id}-fault` : "", warning ? `${id}-warning` : ""].filter(Boolean).join(" ");
  const shared = {
    id, value, "aria-invalid": fault !== undefined, ...(notes ? { "aria-describedby": notes } : {}), ...(field.required ? { "aria-required": true } : {}),
  };
  const choices = field.kind === "yes-no" ? { true: text.record.yes, false: text.record.no } : field.choices;
  return (
    <div class="field" data-kind={field.kind}>
      <label for={id}>{field.label}{field.required ? <span class="required" title={text.record.required}> *</span> : null}</label>
      {choices
        ? <Choice shared={shared} choices={choices} onChange={onChange} />
        : (
          <span class="with-unit">
            <input type="text" inputMode={MODES[field.kind as keyof typeof MODES]} autocomplete="off" spellcheck={false} {...shared} onInput={(event) => onChange(event.currentTarget.value)} />
            {field.unit ? <span class="unit">{field.unit}</span> : null}
          </span>
        )}
      {field.hint ? <small id={`${id}-hint`}>{field.hint}</small> : null}
      {warning ? <Note id={`${id}-warning`} kind="warning">{warning}</Note> : null}
      {fault ? <Note id={`${id}-fault`} kind="fault">{fault}</Note> : null}
    </div>
  );
}

function Choice({ shared, choices, onChange }: { shared: { readonly value: string }; choices: Readonly<Record<string, string>>; onChange: (value: string) => void }) {
  return (
    <select {...shared} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">{text.record.notRecorded}</option>
      {Object.entries(choices).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
    </select>
  );
}

export function Note({ id, kind, children }: { id?: string; kind: "fault" | "warning"; children: ComponentChildren }) {
  return <p class={`note ${kind}`} role="alert" {...(id ? { id } : {})}>{children}</p>;
}
