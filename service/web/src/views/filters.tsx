// Filters of the list, as the address keeps them: a filtered list can be bookmarked and sent on.

import { useState } from "preact/hooks";
import type { Listed } from "../api/client";
import { Typed } from "../parts/typed";
import { text } from "../strings";
import type { Filter, Measured } from "./search";

const RANGES = [["distance_from_mm", "distance_below_mm"], ["tip_share_from", "tip_share_below"]] as const satisfies readonly (readonly [Measured, Measured])[];
type Ends = (typeof RANGES)[number];
const NAMES = [...RANGES.flat(), "since", "until", "performed_since", "performed_until", "or_stored", "verdict", "reason", "site", "operator", "injectate", "reviewed"] as const satisfies readonly Filter[];
const CODE = "[A-Z_\\-]*[0-9][A-Z0-9_\\-]*";

// Whoever reads blinded cannot filter by what was answered.
const ANSWERED: ReadonlySet<Filter> = new Set<Filter>([...RANGES.flat(), "verdict", "reason"]);

export function wantedQuery(query: Readonly<Record<string, string>>, blinded = false): URLSearchParams {
  const wanted = new URLSearchParams();
  for (const name of NAMES) if (query[name] && !(blinded && ANSWERED.has(name))) wanted.set(name, query[name]);
  if (wanted.has("since") || wanted.has("until")) wanted.set("zone_min", String(-new Date().getTimezoneOffset()));
  return wanted;
}

// Address of the list with these filters, on one of its pages.
export function listAddress(wanted: Iterable<readonly [string, string]>, page = 1): string {
  const query = new URLSearchParams([...wanted].filter(([name]) => name !== "zone_min").map(([name, value]) => [name, value]));
  if (page > 1) query.set("page", String(page));
  return query.size > 0 ? `/?${query.toString()}` : "/";
}

// The list as a second reader gets it, to be sent on.
export function blindedAddress(wanted: Iterable<readonly [string, string]>): string {
  const query = new URLSearchParams(listAddress([...wanted].filter(([name]) => !(ANSWERED as ReadonlySet<string>).has(name))).slice(2));
  query.set("read", "blinded");
  return `/?${query.toString()}`;
}

interface Props {
  readonly wanted: URLSearchParams;
  readonly onChange: (wanted: URLSearchParams) => void;
  readonly procedures: readonly Listed[];
  readonly blinded: boolean;
}

const ENDS = ["since", "until"] as const;

// Which date is meant: when it was stored, when it was done, or the month of storing where no record says when.
type Dated = keyof typeof text.list.dates;

function dated(which: Dated, end: "since" | "until"): Filter {
  return which === "stored" ? end : `performed_${end}`;
}

// The same days, of another date.
export function moved(wanted: URLSearchParams, which: Dated): URLSearchParams {
  const changed = new URLSearchParams(wanted);
  for (const end of ENDS) {
    const day = wanted.get(dated("stored", end)) ?? wanted.get(dated("performed", end));
    changed.delete(dated("stored", end));
    changed.delete(dated("performed", end));
    if (day !== null) changed.set(dated(which, end), day);
  }
  if (which === "either" && ENDS.some((end) => changed.has(dated(which, end)))) changed.set("or_stored", "true");
  else changed.delete("or_stored");
  return changed;
}

function datedIn(wanted: URLSearchParams): Dated | null {
  if (ENDS.some((end) => wanted.has(dated("performed", end)))) return wanted.get("or_stored") === "true" ? "either" : "performed";
  return ENDS.some((end) => wanted.has(end)) ? "stored" : null;
}

export function Filters({ wanted, onChange, procedures, blinded }: Props) {
  const [chosen, setDated] = useState<Dated>("stored");
  const which = datedIn(wanted) ?? chosen;
  const set = (name: Filter) => (event: Event) => {
    const control = event.currentTarget as HTMLInputElement | HTMLSelectElement;
    if (!control.reportValidity()) return;
    const changed = new URLSearchParams(wanted);
    if (control.value) changed.set(name, control.value);
    else changed.delete(name);
    onChange(/since|until/.test(name) ? moved(changed, which) : changed);
  };
  const common = (name: Filter) => ({
    id: `filter-${name}`, value: wanted.get(name) ?? "", onChange: set(name), autocomplete: "off",
  });
  const day = (end: "since" | "until") => (
    <label>{text.list[end]}<Typed type="date" min="1990-01-01" max="2100-12-31" {...common(dated(which, end))} id={`filter-${end}`} /></label>
  );
  const turn = (event: Event) => {
    const now = (event.currentTarget as HTMLSelectElement).value as Dated;
    setDated(now);
    if (datedIn(wanted) !== null) onChange(moved(wanted, now));
  };
  const code = (name: "site" | "operator") => (
    <label>
      {text.list[name]}
      <Typed type="text" pattern={CODE} maxLength={32} size={8} list={`codes-${name}`} title={text.list.codeHint} {...common(name)} />
      <datalist id={`codes-${name}`}>{codesOf(procedures, name).map((known) => <option key={known} value={known} />)}</datalist>
    </label>
  );
  const select = (name: "verdict" | "reason" | "injectate" | "reviewed", options: readonly (readonly [string, string])[]) => (
    <label>
      {text.list[name]}
      <select id={`filter-${name}`} value={wanted.get(name) ?? ""} onChange={set(name)}>
        <option value="">{text.list.any}</option>
        {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
      </select>
    </label>
  );
  return (
    <form class="filters" id="filters" aria-label={text.list.filters} onSubmit={(event) => event.preventDefault()}>
      {blinded ? null : select("verdict", Object.entries(text.verdict.procedure))}
      {blinded ? null : select("reason", Object.entries(text.reason))}
      <label>
        {text.list.dated}
        <select id="filter-dated" value={which} onChange={turn}>
          {Object.entries(text.list.dates).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
        </select>
      </label>
      {day("since")}
      {day("until")}
      {code("site")}
      {code("operator")}
      {select("injectate", Object.entries(text.injectate))}
      {select("reviewed", [["true", text.list.yes], ["false", text.list.no]])}
      {RANGES.map((range) => <Range key={range[0]} range={range} wanted={wanted} onChange={onChange} />)}
      {wanted.size > 0 ? <button type="button" onClick={() => onChange(new URLSearchParams())}>{text.list.clear}</button> : null}
    </form>
  );
}

// A bar of the archive that was followed here: said in words, and let go by a press.
function Range({ range, wanted, onChange }: Pick<Props, "wanted" | "onChange"> & { readonly range: Ends }) {
  const [from, below] = range.map((name) => wanted.get(name));
  if (!from && !below) return null;
  const drop = () => onChange(new URLSearchParams([...wanted].filter(([name]) => !(range as readonly string[]).includes(name))));
  return <button type="button" class="chip" title={text.list.dropRange} onClick={drop}>{text.list.range[range[0]](from ?? null, below ?? null)} <span aria-hidden="true">×</span></button>;
}

export function codesOf(procedures: readonly Listed[], name: "site" | "operator"): string[] {
  return [...new Set(procedures.flatMap((procedure) => procedure[name] ?? []))].sort();
}
