import preact from '@astrojs/preact';
import { defineConfig, envField } from 'astro/config';

export default defineConfig({
  output: 'static',
  integrations: [preact()],
  env: {
    schema: {
      PUBLIC_SITE_URL: envField.string({ context: 'client', access: 'public', url: true }),
      CONTACT_EMAIL: envField.string({ context: 'server', access: 'public', includes: '@' }),
      BOOKING_API_TOKEN: envField.string({ context: 'server', access: 'secret', optional: true }),
    },
  },
});
