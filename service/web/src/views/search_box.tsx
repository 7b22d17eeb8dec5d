// One line to search by: what it understands becomes filters, what it does not it says.

import { useState } from "preact/hooks";
import type { Listed } from "../api/client";
import { text } from "../strings";
import { codesOf } from "./filters";
import { suggestions, understood, type Understood } from "./search";

interface Props {
  readonly procedures: readonly Listed[];
  readonly blinded: boolean;
  readonly onSearch: (found: Understood) => void;
}

export function SearchBox({ procedures, blinded, onSearch }: Props) {
  const [said, setSaid] = useState("");
  const [unknown, setUnknown] = useState("");
  const sites = codesOf(procedures, "site");
  const search = (event: Event) => {
    event.preventDefault();
    const found = understood(said, new Set(sites), blinded);
    setUnknown(found.unknown.join(" "));
    if (said.trim() === "" || (found.filters.size === 0 && found.procedure === null)) return;
    setSaid(found.unknown.join(" "));
    onSearch(found);
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape") (event.currentTarget as HTMLElement).blur();
  };
  return (
    <form class="search" role="search" onSubmit={search}>
      <input
        id="search" type="search" list="search-words" aria-label={text.list.search} aria-keyshortcuts="/" placeholder={text.list.searchHint} title={text.list.searchMore}
        autocomplete="off" spellcheck={false} value={said} onInput={(event) => setSaid(event.currentTarget.value)} onKeyDown={leave}
      />
      <kbd aria-hidden="true">/</kbd>
      <datalist id="search-words">{suggestions([...sites, ...codesOf(procedures, "operator")], blinded).map((words) => <option key={words} value={words} />)}</datalist>
      <p class="message" role="status">{unknown === "" ? "" : text.list.notUnderstood(unknown)}</p>
    </form>
  );
}
