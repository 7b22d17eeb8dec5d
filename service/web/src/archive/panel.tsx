// One figure with its title, what it means, its plot, and the same as a table.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { text } from "../strings";
import { Figure, type Draw } from "./figure";

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly href?: string; readonly cells: readonly ComponentChildren[] }[];
}

interface Props {
  readonly id: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly draw?: Draw | null;
  readonly table: Table;
  readonly empty?: string;
  readonly wide?: boolean;
  readonly children?: ComponentChildren;
}

export function Panel({ id, title, note, draw, table, empty, wide = false, children }: Props) {
  const nothing = table.rows.length === 0;
  return (
    <section class={wide ? "panel wide" : "panel"} id={id} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{title}</h3>
      {note ? <p class="plot-note">{note}</p> : null}
      {nothing ? <p class="quiet">{empty ?? text.archive.nothing}</p> : null}
      {draw && !nothing ? <Figure draw={draw} label={title} /> : null}
      {children}
      {nothing ? null : <AsTable table={table} open={!draw && !children} label={title} />}
    </section>
  );
}

export function useDraw(make: () => Draw, of: unknown): Draw {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- drawn anew when the figures are others, not at each rendering
  return useMemo(make, [of]);
}

function AsTable({ table: { columns, rows }, open, label }: { table: Table; open: boolean; label: string }) {
  const table = (
    <div class="scroll">
      <table aria-label={label}>
        <thead><tr>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {rows.map(({ href, cells: [first, ...cells] }, at) => (
            <tr key={at}>
              <th scope="row">{href ? <a href={href}>{first}</a> : first}</th>
              {cells.map((cell, here) => <td key={here} class="number">{cell}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
  return open ? table : <details><summary>{text.archive.asTable}</summary>{table}</details>;
}
