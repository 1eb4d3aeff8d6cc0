/** Times of day are strings such as "07:45", as in the timetable; here they become minutes after midnight. */
export function minutesOfDay(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  if (hours === undefined || minutes === undefined) {
    throw new RangeError(`\`${time}\` is not a time of day`);
  }
  return hours * 60 + minutes;
}

export interface Sailing {
  readonly time: string;
  readonly wait: number;
}

/** The first sailing at or after `now`; past the last one, the first of the next day. */
export function nextSailing(times: readonly string[], now: number): Sailing | undefined {
  const waits = times.map((time) => {
    const wait = minutesOfDay(time) - now;
    return { time, wait: wait < 0 ? wait + 24 * 60 : wait };
  });
  return waits.sort((a, b) => a.wait - b.wait)[0];
}

/** The islands' own time, wherever the reader is. */
export function islandMinutes(date: Date): number {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/London',
    hour: '2-digit',
    minute: '2-digit',
  });
  return minutesOfDay(clock.format(date));
}

export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return `${rest} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

export function pounds(amount: number): string {
  return amount.toLocaleString('en-GB', { style: 'currency', currency: 'GBP' });
}
