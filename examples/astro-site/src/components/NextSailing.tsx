import { useEffect, useState } from 'preact/hooks';
import { duration, islandMinutes, nextSailing } from '../lib/timetable';

interface Props {
  from: string;
  to: string;
  outward: string[];
  back: string[];
}

/** Which boat to run for. Built pages know no clock, so this is told in the browser. */
export default function NextSailing({ from, to, outward, back }: Props) {
  const [now, setNow] = useState<number>();
  const [returning, setReturning] = useState(false);

  useEffect(() => {
    const tick = () => setNow(islandMinutes(new Date()));
    tick();
    const timer = setInterval(tick, 15_000);
    return () => clearInterval(timer);
  }, []);

  const sailing = now === undefined ? undefined : nextSailing(returning ? back : outward, now);

  return (
    <p>
      Next from {returning ? to : from} to {returning ? from : to}:{' '}
      <strong>{sailing === undefined ? '…' : `${sailing.time}, in ${duration(sailing.wait)}`}</strong>{' '}
      <button type="button" onClick={() => setReturning(!returning)}>
        the other way
      </button>
    </p>
  );
}
