// Shares with their intervals, where the page itself brings several together.

import type { Period, Share } from "./calls";

const Z = 1.959963984540054; // of the normal distribution, for 95 %
const MOST_DATES = 24;

// Interval by Wilson (J Am Stat Assoc 1927;22:209), as the service gives it for its own shares.
export function shareOf(hits: number, n: number): Share {
  if (n === 0) return { hits, n, share: null, low: null, high: null };
  const p = hits / n;
  const scale = 1 + (Z * Z) / n;
  const middle = (p + (Z * Z) / (2 * n)) / scale;
  const half = (Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))) / scale;
  return { hits, n, share: p, low: Math.max(middle - half, 0), high: Math.min(middle + half, 1) };
}

function together(shares: readonly Share[]): Share {
  return shareOf(shares.reduce((sum, { hits }) => sum + hits, 0), shares.reduce((sum, { n }) => sum + n, 0));
}

// Days become months, and months years, until they can be told apart.
export function fewer(periods: readonly Period[]): readonly Period[] {
  for (const length of [10, 7, 4]) {
    const dates = [...new Set(periods.map(({ date }) => date.slice(0, length)))];
    if (dates.length > MOST_DATES && length > 4) continue;
    return dates.map((date) => {
      const these = periods.filter((period) => period.date.slice(0, length) === date);
      return { date, outside: together(these.map(({ outside }) => outside)), withheld: together(these.map(({ withheld }) => withheld)) };
    });
  }
  return periods;
}

export function percent(value: number | null, digits = 0): string {
  return value === null ? "–" : `${(100 * value).toFixed(digits)} %`;
}
