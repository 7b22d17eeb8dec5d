// Stored procedures: filters that the address keeps, keys to go through them, and a place to send another.

import { useLocation } from "preact-iso";
import { useRef, useState } from "preact/hooks";
import { listProcedures, type Listed } from "../api/client";
import { moment, unit } from "../numbers";
import { useFetched } from "../parts/fetched";
import { Verdict } from "../parts/findings";
import { useKeys } from "../parts/keys";
import { Empty, Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { procedureVerdict, type Shown } from "../verdicts";
import { Filters, wantedQuery } from "./filters";
import { Upload } from "./upload";

const AT_ONCE = 50;
const MOST = 500;
const RELIST_MS = 1000;

export function List() {
  const { query, route } = useLocation();
  const [limit, setLimit] = useState(AT_ONCE);
  const wanted = wantedQuery(query);
  const asked = new URLSearchParams(wanted);
  asked.set("limit", String(limit));
  const { value, error, loading, again } = useFetched(
    asked.toString(),
    (options) => listProcedures(asked, options),
    ({ procedures }) => (procedures.some(({ status }) => status === "queued" || status === "running") ? RELIST_MS : null),
  );
  const body = useRef<HTMLTableSectionElement>(null);
  const step = (by: number) => () => move(body.current, by);
  useKeys({
    j: step(1), ArrowDown: step(1), k: step(-1), ArrowUp: step(-1),
    "/": () => document.getElementById("filter-verdict")?.focus(),
  });
  const change = (filters: URLSearchParams) => {
    setLimit(AT_ONCE);
    route(filters.size > 0 ? `/?${filters.toString()}` : "/", true);
  };
  return (
    <div class="list-view">
      <aside aria-label={text.upload.title}><Upload onDone={(id) => route(`/procedures/${id}`)} /></aside>
      <section aria-labelledby="list-title">
        <h2 id="list-title">{text.list.title} <span id="total">{value ? text.list.count(value.procedures.length, value.total) : ""}</span></h2>
        <Filters wanted={wanted} onChange={change} />
        {error ? <Failed error={error} again={again} /> : null}
        {loading ? <Loading /> : null}
        {value && value.procedures.length > 0 ? <Table procedures={value.procedures} body={body} /> : null}
        {value?.procedures.length === 0 ? <Nothing filtered={[...wanted.keys()].length > 0} /> : null}
        {value && value.total > value.procedures.length && limit < MOST
          ? <button type="button" onClick={() => setLimit((before) => Math.min(before + AT_ONCE, MOST))}>{text.list.more}</button>
          : null}
      </section>
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? <Empty words={text.list.noneFits} /> : <Empty title={text.list.emptyTitle} words={text.list.empty} />;
}

function move(body: HTMLElement | null, by: number): void {
  const links = [...(body?.querySelectorAll<HTMLAnchorElement>("a") ?? [])];
  const now = links.findIndex((link) => link === document.activeElement);
  links[Math.min(Math.max(now + by, 0), links.length - 1)]?.focus();
}

function Table({ procedures, body }: { procedures: readonly Listed[]; body: { current: HTMLTableSectionElement | null } }) {
  const { columns } = text.list;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>{Object.values(columns).map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody ref={body} id="procedures">{procedures.map((procedure) => <Row key={procedure.id} procedure={procedure} />)}</tbody>
      </table>
    </div>
  );
}

function said(procedure: Listed): Shown {
  if (procedure.verdict !== null) return procedureVerdict(procedure.verdict, procedure.summary?.tissue_at_tip ?? null);
  return { kind: "not_assessed", words: text.verdict.status[procedure.status] };
}

function Row({ procedure }: { procedure: Listed }) {
  const { summary } = procedure;
  const shown = said(procedure);
  const when = moment(procedure.created_at);
  const unfinished = procedure.status === "queued" || procedure.status === "running";
  return (
    <tr>
      <td><a href={`/procedures/${procedure.id}`} aria-label={text.list.open(shown.words, when)}><Verdict shown={shown} /></a></td>
      <td>{summary?.reason ? text.reason[summary.reason] : (procedure.failure ?? "")}</td>
      <td class="number">{unit(summary?.signed_distance_mm, "mm")}</td>
      <td class="number">{unit(summary?.p_inside, "", 2)}</td>
      <td class="number">
        {unfinished
          ? <progress max={procedure.frame_count} value={procedure.frames_done} aria-label={text.list.progress(procedure.frames_done, procedure.frame_count)} />
          : procedure.frame_count}
      </td>
      <td>{procedure.site ?? ""}</td>
      <td>{procedure.operator ?? ""}</td>
      <td class="number">{procedure.reviews > 0 ? procedure.reviews : ""}</td>
      <td>{when}</td>
    </tr>
  );
}
