import { getCollection } from 'astro:content';
import type { APIRoute } from 'astro';
import { bookingBy } from '../../lib/booking';

/** For monitors. A broken timetable would have stopped the build, so an answer at all means that the data is sound. */
export const GET: APIRoute = async () => {
  const crossings = await getCollection('crossings');
  return Response.json({ status: 'ok', crossings: crossings.length, booking: bookingBy });
};
