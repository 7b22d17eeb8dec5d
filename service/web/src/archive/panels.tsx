// Every figure of the dashboard, with the same numbers as a table.

import { probability, unit } from "../numbers";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";
import type { Figures, Grouped, Share } from "./calls";
import { archiveAddress, behind, doneIn, within } from "./choice";
import { Panel, useDraw, type Table } from "./panel";
import { Figure } from "./figure";
import { binsOf, countBars, countsNamed, drifted, funnel, histogram, interval, learning, overTime, shareBars, type Bin } from "./plots";
import { percent } from "./shares";

interface Props {
  readonly figures: Figures;
  readonly chosen: URLSearchParams;
}

const { archive } = text;
const inWords = (share: Share) => [percent(share.share, 1), interval(share)];

export function Panels(props: Props) {
  return (
    <div class="panels">
      <Verdicts {...props} />
      <Periods {...props} />
      <Misses {...props} />
      <Reasons {...props} />
      <Funnel {...props} by="operator" />
      <Funnel {...props} by="site" />
      <Learning {...props} />
      <Drifts {...props} />
      <Spreads {...props} />
      <Data {...props} />
    </div>
  );
}

function Verdicts({ figures, chosen }: Props) {
  const bars = figures.verdicts.map(({ verdict, of_all: share }) => ({
    name: text.verdict.procedure[verdict], share, colour: `var(--${procedureVerdict(verdict, null).kind})`, href: behind(chosen, { verdict }),
  }));
  const draw = useDraw(() => shareBars(bars), figures);
  const rows = bars.map(({ name, share, href }) => ({ href, cells: [name, share.hits, ...inWords(share)] }));
  return <Panel id="verdicts" title={archive.verdicts.title} draw={draw} table={{ columns: archive.verdicts.columns, rows }} />;
}

function Periods({ figures, chosen }: Props) {
  const { periods } = figures;
  const draw = useDraw(() => overTime(periods, (date) => doneIn(chosen, date)), figures);
  const rows = periods.map(({ date, outside, withheld }) => ({ href: doneIn(chosen, date), cells: [date, ...inWords(outside), ...inWords(withheld)] }));
  return <Panel id="periods" title={archive.periods.title} note={archive.periods.note} draw={draw} table={{ columns: archive.periods.columns, rows }} />;
}

function tissueAddress(chosen: URLSearchParams, tissue: string): string {
  return archiveAddress(new URLSearchParams([...chosen, ["tissue", tissue]])) + "#looked-at";
}

function Misses({ figures, chosen }: Props) {
  const bars = countsNamed(figures.tissues, (code) => text.tissue[code] ?? code, (code) => tissueAddress(chosen, code));
  const draw = useDraw(() => countBars(bars, "var(--outside)"), figures);
  const rows = bars.map(({ name, count, href }) => ({ href, cells: [name, count] }));
  return <Panel id="tissues" title={archive.tissues.title} draw={draw} table={{ columns: archive.tissues.columns, rows }} empty={archive.tissues.none} />;
}

function reasonName(code: string): string {
  return (text.reason as Readonly<Record<string, string>>)[code] ?? code;
}

function Reasons({ figures, chosen }: Props) {
  const bars = countsNamed(figures.reasons, reasonName, (reason) => behind(chosen, { reason }));
  const draw = useDraw(() => countBars(bars, "var(--not_assessed)"), figures);
  const rows = bars.map(({ name, count, href }) => ({ href, cells: [name, count] }));
  return <Panel id="reasons" title={archive.reasons.title} draw={draw} table={{ columns: archive.reasons.columns, rows }} />;
}

function groupRows(grouped: Grouped, href: (code: string) => string): Table["rows"] {
  return grouped.groups.map((group) => ({
    href: href(group.code),
    cells: [
      group.beyond ? `◆ ${group.code}` : group.code, group.procedures, ...inWords(group.outside), percent(group.withheld.share, 1),
      percent(group.tip_visible_share), group.angle_deg === null ? text.none : `${group.angle_deg.toFixed(0)}°`,
    ],
  }));
}

function Funnel({ figures, chosen, by }: Props & { by: "operator" | "site" }) {
  const grouped = by === "operator" ? figures.operators : figures.sites;
  const href = (code: string) => behind(chosen, { [by]: code });
  const comparable = grouped.groups.filter(({ outside }) => outside.n > 0).length > 1;
  const draw = useDraw(() => funnel(grouped, figures.outside.share ?? 0, href), figures);
  return (
    <Panel
      id={`funnel-${by}`} title={archive.funnel.title[by]} note={grouped.groups.length === 0 ? null : comparable ? archive.funnel.note : archive.funnel.few} draw={comparable ? draw : null}
      table={{ columns: [text.list[by], ...archive.funnel.columns], rows: groupRows(grouped, href) }} empty={archive.funnel.none[by]}
    />
  );
}

function Learning({ figures: { cusum }, chosen }: Props) {
  const href = (operator: string) => behind(chosen, { operator });
  const draw = useDraw(() => learning(cusum, href), cusum);
  const rows = cusum.curves.map(({ operator, heights, alarms }) => ({ href: href(operator), cells: [operator, heights.length, heights.at(-1)?.toFixed(2) ?? text.none, alarms.map((at) => at + 1).join(", ") || text.none] }));
  return (
    <Panel id="cusum" title={archive.cusum.title} note={archive.cusum.note(percent(cusum.acceptable), percent(cusum.unacceptable), cusum.run_length)} draw={draw} table={{ columns: archive.cusum.columns, rows }} empty={archive.cusum.none} />
  );
}

function median(name: string, value: number | null): string | number {
  return name === "p_inside" ? probability(value) : (value ?? text.none);
}

function Drifts({ figures: { drift } }: Props) {
  const draw = useDraw(() => drifted(drift), drift);
  const rows = drift.rows.map((row) => ({
    cells: [archive.measured[row.name] ?? row.name, archive.sides[row.side], median(row.name, row.before), median(row.name, row.after), row.index.toFixed(3), row.by_chance.toFixed(3), row.ks?.toFixed(2) ?? text.none, archive.levels[row.level]],
  }));
  const { reference, present } = drift;
  const note = reference && present ? archive.drift.against(reference.first, reference.last, reference.procedures, present.first, present.last, present.procedures) : null;
  return <Panel id="drift" title={archive.drift.title} note={note} draw={draw} table={{ columns: archive.drift.columns, rows }} empty={archive.drift.few(drift.least)} />;
}

function Spreads({ figures: { histograms }, chosen }: Props) {
  const drawn = histograms.map((one) => ({ one, title: archive.measured[one.name] ?? one.name, bins: binsOf(one, (from, below) => within(chosen, one.name, from, below)) }));
  const rows = drawn.flatMap(({ one, one: { n, median }, title, bins }) => [
    { cells: [title, n, median === null ? text.none : middle(one.name, median)] },
    ...bins.flatMap(({ name, count, href }) => (count === 0 ? [] : [{ ...(href === null ? {} : { href }), cells: [`${title}, ${name}`, count, ""] }])),
  ]);
  return (
    <Panel id="spreads" title={archive.spreads.title} note={archive.spreads.note} table={{ columns: archive.spreads.columns, rows }} wide>
      <div class="small-plots">{drawn.map(({ one, title, bins }) => <Spread key={one.name} of={one} title={title} bins={bins} />)}</div>
    </Panel>
  );
}

// As its axis says it: a share in percent.
function middle(name: string, median: number): string {
  return name === "tip_visible_share" ? percent(median) : unit(median, "", 2).trim();
}

function Spread({ of, title, bins }: { of: Figures["histograms"][number]; title: string; bins: readonly Bin[] }) {
  const draw = useDraw(() => histogram(of, bins), of);
  return (
    <figure>
      <figcaption>{title} <small>{archive.spreads.of(of.n, of.median === null ? null : middle(of.name, of.median))}</small></figcaption>
      <Figure draw={draw} label={title} />
    </figure>
  );
}

function Data({ figures: { quality, procedures }, chosen }: Props) {
  const { data } = archive;
  const rows = [
    ...quality.checks.map(({ code, count }) => ({ ...(count > 0 ? { href: behind(chosen, { reason: code }) } : {}), cells: [reasonName(code), data.of(count, procedures)] })),
    ...quality.calibrations.map(({ code, count }) => ({ cells: [data.scale(text.source[code] ?? code), data.of(count, procedures)] })),
    ...quality.failures.map(({ code, count }) => ({ cells: [data.failed(code), String(count)] })),
    ...quality.scanners.map(({ scanner, procedures: all, withheld }) => ({ cells: [data.scanner(scanner), `${all}, ${data.without(percent(withheld.share, 1))}`] })),
    { cells: [data.repeated, data.of(quality.repeated, procedures)] },
    { cells: [data.models, String(quality.models)] },
  ];
  return <Panel id="quality" title={data.title} table={{ columns: data.columns, rows }} wide />;
}
