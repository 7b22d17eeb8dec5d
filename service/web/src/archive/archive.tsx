// The archive in figures: what the audit's report says, to be filtered and followed to the procedures behind it.

import { useLocation } from "preact-iso";
import { useRef } from "preact/hooks";
import { useFetched } from "../parts/fetched";
import { useKeys } from "../parts/keys";
import { Empty, Failed, Loading } from "../parts/states";
import { text } from "../strings";
import "./archive.css";
import { getFigures, type Figures } from "./calls";
import { archiveAddress, chosenIn, reportAddress } from "./choice";
import { ArchiveFilters } from "./filters";
import { LookedAtList } from "./looked_at";
import { Panels } from "./panels";
import { percent } from "./shares";
import { interval } from "./plots";

export function Archive() {
  const { query, route } = useLocation();
  const chosen = chosenIn(query);
  const key = chosen.toString();
  const { value, error, loading, again } = useFetched(key, (options) => getFigures(chosen, options));
  const last = useRef<Figures | null>(null); // what was counted before stays in sight while other figures are counted
  if (value) last.current = value;
  const figures = value ?? (loading ? last.current : null);
  const codes = useRef<{ operators: readonly string[]; sites: readonly string[] }>({ operators: [], sites: [] });
  if (value && key === "") codes.current = { operators: value.operators.groups.map(({ code }) => code), sites: value.sites.groups.map(({ code }) => code) };
  useKeys({ f: () => document.getElementById("archive-from")?.focus() });
  return (
    <div class="archive-view" aria-busy={loading}>
      <div class="archive-head">
        <h2>{text.archive.title} <span id="counted">{figures ? text.archive.counts(figures.procedures, figures.first_date, figures.last_date) : ""}</span></h2>
        <a id="to-print" href={reportAddress(chosen)} target="_blank" rel="noreferrer">{text.archive.report}</a>
      </div>
      <ArchiveFilters chosen={chosen} onChange={(changed) => route(archiveAddress(changed), true)} {...known(figures, codes.current)} />
      {error ? <Failed error={error} again={again} /> : null}
      {loading && figures === null ? <Loading words={text.archive.counting} /> : null}
      {figures?.procedures === 0 ? <Empty title={key === "" ? text.archive.emptyTitle : ""} words={key === "" ? text.archive.empty : text.list.noneFits} /> : null}
      {figures && figures.procedures > 0 ? <Shown figures={figures} chosen={chosen} tissue={query["tissue"] ?? ""} /> : null}
    </div>
  );
}

function known(figures: Figures | null, all: { operators: readonly string[]; sites: readonly string[] }) {
  const codes = (name: "operators" | "sites") => (all[name].length > 0 ? all[name] : (figures?.[name].groups.map(({ code }) => code) ?? []));
  return { operators: codes("operators"), sites: codes("sites") };
}

function Shown({ figures, chosen, tissue }: { figures: Figures; chosen: URLSearchParams; tissue: string }) {
  const { archive } = text;
  const { outside, withheld, tip_visible_share: seen } = figures;
  return (
    <>
      <p class="plot-note">{archive.caution}</p>
      <dl class="tiles">
        <div><dt>{archive.tiles.outside}</dt><dd>{percent(outside.share, 1)} <small>{interval(outside)}</small></dd></div>
        <div><dt>{archive.tiles.withheld}</dt><dd>{percent(withheld.share, 1)} <small>{interval(withheld)}</small></dd></div>
        <div><dt>{archive.tiles.seen}</dt><dd>{percent(seen)} <small>{archive.tiles.seenOf}</small></dd></div>
        <div><dt>{archive.tiles.real}</dt><dd>{percent(figures.judges[0]?.real ?? null)}–{percent(figures.judges.at(-1)?.real ?? null)} <small>{archive.tiles.realOf}</small></dd></div>
      </dl>
      <Panels figures={figures} chosen={chosen} />
      <LookedAtList figures={figures} chosen={chosen} tissue={tissue} />
    </>
  );
}
