// What the dashboard counts, and the period that drift is told against.

import { Typed } from "../parts/typed";
import { text } from "../strings";
import type { Name } from "./choice";

interface Props {
  readonly chosen: URLSearchParams;
  readonly onChange: (chosen: URLSearchParams) => void;
  readonly operators: readonly string[];
  readonly sites: readonly string[];
}

const CODE = "[A-Z_\\-]*[0-9][A-Z0-9_\\-]*";
const DATE = "\\d{4}(-\\d{2}(-\\d{2})?)?";

export function ArchiveFilters({ chosen, onChange, operators, sites }: Props) {
  const { archive, list } = text;
  const set = (name: Name) => (event: Event) => {
    const control = event.currentTarget as HTMLInputElement | HTMLSelectElement;
    if (!control.reportValidity()) return;
    const changed = new URLSearchParams(chosen);
    if (control.value) changed.set(name, control.value);
    else changed.delete(name);
    onChange(changed);
  };
  const date = (name: Name, label: string) => (
    <label>{label}<Typed type="text" id={`archive-${name}`} size={9} pattern={DATE} maxLength={10} inputMode="numeric" placeholder="2026-03" title={text.record.dateHint} autocomplete="off" value={chosen.get(name) ?? ""} onChange={set(name)} /></label>
  );
  const code = (name: "site" | "operator", known: readonly string[]) => (
    <label>
      {list[name]}
      <Typed type="text" id={`archive-${name}`} size={8} pattern={CODE} maxLength={32} list={`archive-${name}s`} title={list.codeHint} autocomplete="off" value={chosen.get(name) ?? ""} onChange={set(name)} />
      <datalist id={`archive-${name}s`}>{known.map((said) => <option key={said} value={said} />)}</datalist>
    </label>
  );
  const select = (name: "verdict" | "injectate", options: Readonly<Record<string, string>>) => (
    <label>
      {list[name]}
      <select id={`archive-${name}`} value={chosen.get(name) ?? ""} onChange={set(name)}>
        <option value="">{list.any}</option>
        {Object.entries(options).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
      </select>
    </label>
  );
  return (
    <form class="filters" aria-label={archive.filters} onSubmit={(event) => event.preventDefault()}>
      {date("from", archive.from)}
      {date("to", archive.to)}
      {code("site", sites)}
      {code("operator", operators)}
      {select("injectate", text.injectate)}
      {select("verdict", text.verdict.procedure)}
      <span class="reference">
        {date("reference_from", archive.referenceFrom)}
        {date("reference_to", archive.referenceTo)}
      </span>
      {chosen.size > 0 ? <button type="button" onClick={() => onChange(new URLSearchParams())}>{list.clear}</button> : null}
    </form>
  );
}
