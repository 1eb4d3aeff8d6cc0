interface ImportMetaEnv {
  readonly PUBLIC_SITE_URL: string;
}
