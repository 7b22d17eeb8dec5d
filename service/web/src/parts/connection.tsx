// Says that the service is away, and takes it back when it answers again.

import { useEffect, useState } from "preact/hooks";
import { text } from "../strings";

const PROBE_MS = 5000;
const PROBE_AWAY_MS = 1000;

export function Connection() {
  const [away, setAway] = useState(false);
  useEffect(() => {
    const probe = async () => {
      try {
        await fetch("/livez", { cache: "no-store" });
        setAway(false);
      } catch {
        setAway(true);
      }
    };
    const timer = window.setInterval(() => void probe(), away ? PROBE_AWAY_MS : PROBE_MS);
    const gone = () => setAway(true);
    const back = () => void probe();
    window.addEventListener("offline", gone);
    window.addEventListener("online", back);
    return () => {
      window.clearInterval(timer);
      window.removeEventListener("offline", gone);
      window.removeEventListener("online", back);
    };
  }, [away]);
  return <div class="offline" id="offline" role="status">{away ? text.offline : ""}</div>;
}
