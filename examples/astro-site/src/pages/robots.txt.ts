import type { APIRoute } from 'astro';

export const GET: APIRoute = () => {
  const home = new URL(import.meta.env.BASE_URL, import.meta.env.PUBLIC_SITE_URL);
  return new Response(`# The timetable of ${home.href} is free to copy.\nUser-agent: *\nAllow: /\n`);
};
