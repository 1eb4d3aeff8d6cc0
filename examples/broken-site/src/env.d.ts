interface ImportMetaEnv {
  readonly PUBLIC_SITE_URL: string;
  readonly BOOKINGS_EMAIL: string;
  readonly PAYMENT_SECRET_KEY: string;
}
