// Pages of the list, as addresses.

import { text } from "../strings";

export function pageOf(said: string | undefined): number {
  const page = Number(said ?? 1);
  return Number.isSafeInteger(page) && page >= 1 ? page : 1;
}

export function pagesOf(total: number, atOnce: number): number {
  return Math.max(Math.ceil(total / atOnce), 1);
}

interface Props {
  readonly page: number;
  readonly pages: number;
  readonly address: (page: number) => string;
}

export function Pager({ page, pages, address }: Props) {
  return (
    <nav class="pager" aria-label={text.list.pages}>
      {page > 1 ? <a href={address(page - 1)} rel="prev">← {text.list.newer}</a> : <span />}
      <span>{text.list.page(page, pages)}</span>
      {page < pages ? <a href={address(page + 1)} rel="next">{text.list.older} →</a> : <span />}
    </nav>
  );
}
