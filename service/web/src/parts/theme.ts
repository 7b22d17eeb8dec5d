// Dark, because the page stands beside ultrasound pictures in a dim room; light for those who choose it.

import { useLayoutEffect, useState } from "preact/hooks";

export type Theme = "dark" | "light";
const KEY = "sonoplace-theme";

function chosen(): Theme {
  try {
    return localStorage.getItem(KEY) === "light" ? "light" : "dark";
  } catch {
    return "dark"; // no storage here
  }
}

export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(chosen);
  // Before any effect of a view, which may draw with the colours of the theme.
  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // kept for this sitting only
    }
  }, [theme]);
  return [theme, () => setTheme((before) => (before === "dark" ? "light" : "dark"))];
}
