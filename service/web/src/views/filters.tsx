// Filters of the list, as the address keeps them: a filtered list can be bookmarked and sent on.

import { text } from "../strings";

const NAMES = ["since", "until", "verdict", "reason", "site", "operator", "injectate", "reviewed"] as const;
type Name = (typeof NAMES)[number];
const CODE = "[A-Z_\\-]*[0-9][A-Z0-9_\\-]*";

export function wantedQuery(query: Readonly<Record<string, string>>): URLSearchParams {
  const wanted = new URLSearchParams();
  for (const name of NAMES) if (query[name]) wanted.set(name, query[name]);
  if (wanted.has("since") || wanted.has("until")) wanted.set("zone_min", String(-new Date().getTimezoneOffset()));
  return wanted;
}

interface Props {
  readonly wanted: URLSearchParams;
  readonly onChange: (wanted: URLSearchParams) => void;
}

export function Filters({ wanted, onChange }: Props) {
  const set = (name: Name) => (event: Event) => {
    const control = event.currentTarget as HTMLInputElement | HTMLSelectElement;
    if (!control.reportValidity()) return;
    const changed = new URLSearchParams(wanted);
    changed.delete("zone_min");
    if (control.value) changed.set(name, control.value);
    else changed.delete(name);
    onChange(changed);
  };
  const common = (name: Name) => ({
    id: `filter-${name}`, value: wanted.get(name) ?? "", onChange: set(name), autocomplete: "off",
  });
  const day = (name: "since" | "until") => (
    <label>{text.list[name]}<input type="date" min="1990-01-01" max="2100-12-31" {...common(name)} /></label>
  );
  const code = (name: "site" | "operator") => (
    <label>
      {text.list[name]}
      <input type="text" pattern={CODE} maxLength={32} size={8} title={text.list.codeHint} {...common(name)} />
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
    <form class="filters" role="search" aria-label={text.list.filters} onSubmit={(event) => event.preventDefault()}>
      {select("verdict", Object.entries(text.verdict.procedure))}
      {select("reason", Object.entries(text.reason))}
      {day("since")}
      {day("until")}
      {code("site")}
      {code("operator")}
      {select("injectate", Object.entries(text.injectate))}
      {select("reviewed", [["true", text.list.yes], ["false", text.list.no]])}
      {wanted.size > 0 ? <button type="button" onClick={() => onChange(new URLSearchParams())}>{text.list.clear}</button> : null}
    </form>
  );
}
