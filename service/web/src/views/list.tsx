// Stored procedures: filters and page that the address keeps, keys to go through them, and a place to send more.

import { useLocation } from "preact-iso";
import { useRef, useState } from "preact/hooks";
import { useMayReview } from "../access/guard";
import { listProcedures } from "../api/client";
import { useFetched } from "../parts/fetched";
import { useKeys } from "../parts/keys";
import { Empty, Failed, Loading } from "../parts/states";
import { useSitting } from "../review/sitting";
import { text } from "../strings";
import { blindedAddress, Filters, listAddress, wantedQuery } from "./filters";
import "./list.css";
import { Pager, pageOf, pagesOf } from "./pager";
import type { Understood } from "./search";
import { SearchBox } from "./search_box";
import { Table } from "./table";
import { Upload } from "./upload";

const AT_ONCE = 25;
const RELIST_MS = 1000;

function useList(wanted: URLSearchParams, page: number) {
  const asked = new URLSearchParams(wanted);
  asked.set("limit", String(AT_ONCE));
  asked.set("offset", String((page - 1) * AT_ONCE));
  return useFetched(
    asked.toString(),
    (options) => listProcedures(asked, options),
    ({ procedures }) => (procedures.some(({ status }) => status === "queued" || status === "running") ? RELIST_MS : null),
  );
}

export function List() {
  const { query, route } = useLocation();
  const mayReview = useMayReview();
  const sitting = useSitting();
  const blinded = sitting !== null;
  const wanted = wantedQuery(query, blinded);
  const page = pageOf(query["page"]);
  const { value, error, loading, again } = useList(wanted, page);
  const [sending, setSending] = useState(false);
  const body = useRef<HTMLTableSectionElement>(null);
  const pages = pagesOf(value?.total ?? 0, AT_ONCE);
  const empty = value?.total === 0 && wanted.size === 0;
  const change = (filters: URLSearchParams) => route(listAddress(filters), true);
  const turn = (by: number) => () => { if (page + by >= 1 && page + by <= pages) route(listAddress(wanted, page + by)); };
  const search = ({ filters, procedure }: Understood) => {
    const narrowed = new URLSearchParams(wanted);
    for (const [name, said] of filters) narrowed.set(name, said);
    if (procedure === null) change(narrowed);
    else route(`/procedures/${procedure}`);
  };
  useListKeys(body, turn, () => setSending((open) => !open));
  return (
    <div class="list-view">
      <div class="list-head">
        <h2>{text.list.title} <span id="total">{value ? text.list.count((page - 1) * AT_ONCE + 1, (page - 1) * AT_ONCE + value.procedures.length, value.total) : ""}</span></h2>
        <SearchBox procedures={value?.procedures ?? []} blinded={blinded} onSearch={search} />
        {value && value.total > 0 && mayReview && !blinded ? <a class="exports" id="read-blinded" href={blindedAddress(wanted)} title={text.review.sitting.linkHint}>{text.review.sitting.link}</a> : null}
        {value && value.total > 0 && mayReview && !blinded ? <a class="exports" href={`/v1/exports/labels.zip?${wanted.toString()}`} download="labels.zip" title={text.list.labelsHint}>{text.list.labels} <small>ZIP</small></a> : null}
        {blinded ? null : <button type="button" class="primary" aria-expanded={sending || empty} aria-keyshortcuts="u" onClick={() => setSending((open) => !open)}>
          {text.upload.title} <kbd aria-hidden="true">u</kbd>
        </button>}
      </div>
      {blinded ? null : <Upload open={sending || empty} onDropped={() => setSending(true)} onKept={again} onOne={(id) => route(`/procedures/${id}`)} />}
      <Filters wanted={wanted} onChange={change} procedures={value?.procedures ?? []} blinded={blinded} />
      {error ? <Failed error={error} again={again} /> : null}
      {loading ? <Loading /> : null}
      {error && value ? <p class="quiet">{text.list.old}</p> : null}
      {value && value.procedures.length > 0 ? <Table procedures={value.procedures} body={body} sitting={sitting} /> : null}
      {value?.procedures.length === 0 ? <Nothing filtered={!empty} /> : null}
      {value && pages > 1 ? <Pager page={page} pages={pages} address={(at) => listAddress(wanted, at)} /> : null}
    </div>
  );
}

function useListKeys(body: { current: HTMLElement | null }, turn: (by: number) => () => void, send: () => void): void {
  const step = (by: number) => () => move(body.current, by);
  const focus = (id: string) => () => document.getElementById(id)?.focus();
  useKeys({
    j: step(1), ArrowDown: step(1), k: step(-1), ArrowUp: step(-1), Home: step(-Infinity), End: step(Infinity),
    ArrowRight: turn(1), ArrowLeft: turn(-1), "/": focus("search"), f: () => document.querySelector<HTMLElement>("#filters select")?.focus(), u: send,
  });
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? <Empty words={text.list.noneFits} /> : <Empty title={text.list.emptyTitle} words={text.list.empty} />;
}

function move(body: HTMLElement | null, by: number): void {
  const links = [...(body?.querySelectorAll<HTMLAnchorElement>("a") ?? [])];
  const now = links.findIndex((link) => link === document.activeElement);
  links[Math.min(Math.max(now + by, 0), links.length - 1)]?.focus();
}
