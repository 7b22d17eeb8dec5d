// One visit before or after the procedure: pain, function, adverse events.

import { useState } from "preact/hooks";
import { askerCode, keepAskerCode } from "../parts/asker";
import { text } from "../strings";
import { postFollowUp, type FollowUpAnswer } from "./calls";
import { Control, Note } from "./control";
import { VISIT } from "./fields";
import { Asker } from "./record_form";
import { useSaving } from "./saving";
import { bodyOf, type Values } from "./values";

type Asked = "not" | "none" | "some";
interface Happened {
  readonly kind: string;
  readonly severity: string;
}

const POINTERS = new Set(VISIT.map(({ pointer }) => pointer));
const isShown = (pointer: string) => POINTERS.has(pointer) || pointer.startsWith("/adverse_events");

export function VisitForm({ id, onKept }: { id: string; onKept: () => void }) {
  const [values, setValues] = useState<Values>({});
  const [asked, setAsked] = useState<Asked>("not");
  const [events, setEvents] = useState<readonly Happened[]>([]);
  const [code, setCode] = useState(askerCode);
  const { busy, faults, kept, save } = useSaving<FollowUpAnswer>(isShown);
  const submit = (event: Event) => {
    event.preventDefault();
    const body = { ...bodyOf(VISIT, values), ...(asked === "not" ? {} : { adverse_events: asked === "some" ? events : [] }) };
    void save(() => {
      keepAskerCode(code.trim());
      return postFollowUp(id, body);
    }, () => { setValues({}); setAsked("not"); setEvents([]); onKept(); });
  };
  return (
    <form class="panel record-form" aria-label={text.visit.add} onSubmit={submit}>
      <fieldset>
        <legend>{text.visit.add}</legend>
        <div class="fields">
          {VISIT.map((field) => (
            <Control
              key={field.pointer} field={field} value={values[field.pointer] ?? ""} fault={faults.get(field.pointer)}
              onChange={(value) => setValues((before) => ({ ...before, [field.pointer]: value }))}
            />
          ))}
        </div>
      </fieldset>
      <AdverseEvents asked={asked} onAsked={(now) => { setAsked(now); setEvents(now === "some" ? [{ kind: "", severity: "" }] : []); }} events={events} onEvents={setEvents} faults={faults} />
      <div class="save">
        <Asker code={code} onChange={setCode} />
        <button type="submit" class="primary" disabled={busy}>{text.visit.save}</button>
        <p class="said" role="status">{busy ? text.record.saving : kept ? text.visit.kept(kept.follow_up.visited_on) : ""}</p>
        {faults.get("") ? <Note kind="fault">{faults.get("")}</Note> : null}
      </div>
    </form>
  );
}

interface EventsProps {
  readonly asked: Asked;
  readonly onAsked: (asked: Asked) => void;
  readonly events: readonly Happened[];
  readonly onEvents: (events: readonly Happened[]) => void;
  readonly faults: ReadonlyMap<string, string>;
}

function AdverseEvents({ asked, onAsked, events, onEvents, faults }: EventsProps) {
  const { visit, coded } = text;
  const field = (at: number, name: keyof Happened) => (
    <Control
      field={{ pointer: `/adverse_events/${at}/${name}`, label: visit[name], kind: "choice", choices: name === "kind" ? coded.adverse : coded.severity }}
      value={events[at]?.[name] ?? ""} fault={faults.get(`/adverse_events/${at}/${name}`)}
      onChange={(value) => onEvents(events.map((event, here) => (here === at ? { ...event, [name]: value } : event)))}
    />
  );
  return (
    <fieldset>
      <legend>{visit.adverse}</legend>
      <div class="radios" role="radiogroup" aria-label={visit.adverse}>
        {(Object.entries(visit.asked) as [Asked, string][]).map(([value, words]) => (
          <label key={value}><input type="radio" name="adverse" value={value} checked={asked === value} onChange={() => onAsked(value)} /> {words}</label>
        ))}
      </div>
      {events.map((_, at) => (
        <div class="fields event" key={at}>
          {field(at, "kind")}
          {field(at, "severity")}
          <button type="button" onClick={() => onEvents(events.filter((__, here) => here !== at))}>{visit.remove}</button>
        </div>
      ))}
      {asked === "some" ? <button type="button" onClick={() => onEvents([...events, { kind: "", severity: "" }])}>{visit.another}</button> : null}
    </fieldset>
  );
}
