// Shares as they are said.

export function percent(value: number | null, digits = 0): string {
  return value === null ? "–" : `${(100 * value).toFixed(digits)} %`;
}
