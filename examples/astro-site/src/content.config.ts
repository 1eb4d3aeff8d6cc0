import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';
import { z } from 'astro/zod';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "07:45"');

const crossings = defineCollection({
  loader: glob({ pattern: '*.md', base: './src/content/crossings' }),
  schema: z.object({
    from: z.string(),
    to: z.string(),
    vessel: z.string(),
    minutes: z.number().int().positive(),
    fare: z.object({ adult: z.number().nonnegative(), child: z.number().nonnegative() }),
    bicycles: z.boolean().default(true),
    outward: z.array(clockTime).nonempty(),
    back: z.array(clockTime).nonempty(),
  }),
});

export const collections = { crossings };
