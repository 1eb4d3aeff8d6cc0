use super::*;

/// Names that bundlers wrote, and what they are without their hash.
const HASHED: &[(&str, &str)] = &[
    // Astro, Vite, Rollup, Rolldown
    ("_astro/index.C6rJxrT-.css", "_astro/index.css"),
    ("_astro/index.tDt_Vf0k.css", "_astro/index.css"),
    ("_astro/client.NF-C6zA8.js", "_astro/client.js"),
    ("_astro/Counter.BkZfQdRm.js", "_astro/Counter.js"),
    ("_astro/_slug_.DpLxQWeR.css", "_astro/_slug_.css"),
    (
        "_astro/index.astro_astro_type_script_index_0_lang.CH8cBY5-.js",
        "_astro/index.astro_astro_type_script_index_0_lang.js",
    ),
    ("_astro/photo.DNGtBDEf_1a2B3c.webp", "_astro/photo.webp"),
    ("_astro/photo.DNGtBDEf_ZHx7Qp.avif", "_astro/photo.avif"),
    ("_astro/photo.DNGtBDEf.jpg", "_astro/photo.jpg"),
    ("_astro/signals.module.BQVbZ8-s.js.map", "_astro/signals.module.js.map"),
    ("_astro/inter-latin-400-normal.C38fXH4l.woff2", "_astro/inter-latin-400-normal.woff2"),
    ("client/_astro/hooks.module.DJ0_aB1c.js", "client/_astro/hooks.module.js"),
    ("assets/index-DzJ3a9Qx.js", "assets/index.js"),
    ("assets/index-NF-C6zA8.js", "assets/index.js"),
    ("assets/index--C6zA8xY.js", "assets/index.js"),
    ("assets/index-C6rJxrT-.css", "assets/index.css"),
    ("assets/vendor-react-B1y_0Zk2.js", "assets/vendor-react.js"),
    ("assets/index-legacy-Bx0Pq9Zt.js", "assets/index-legacy.js"),
    ("assets/logo-4aK9_zQ1.svg", "assets/logo.svg"),
    ("assets/jquery.min-BzK3a9Qx.js", "assets/jquery.min.js"),
    ("server/chunks/server_BCyVEGvG.mjs", "server/chunks/server.mjs"),
    ("server/chunks/_slug__BMDIdgbT.mjs", "server/chunks/_slug_.mjs"),
    ("server/chunks/index_-X0srZbC.mjs", "server/chunks/index.mjs"),
    ("server/chunks/remote_B-WMJrIX.mjs", "server/chunks/remote.mjs"),
    // SvelteKit, Nuxt
    ("_app/immutable/chunks/BKqR5fGh.js", "_app/immutable/chunks/[hash].js"),
    ("_app/immutable/entry/start.DUe0sHqP.js", "_app/immutable/entry/start.js"),
    ("_app/immutable/nodes/0.CWj6FrbW.js", "_app/immutable/nodes/0.js"),
    ("_nuxt/entry.Cq3mVbTk.css", "_nuxt/entry.css"),
    // esbuild, tsup, Angular
    ("chunk-ABC123.js", "chunk.js"),
    ("chunk-2XYZ34AB.js", "chunk.js"),
    ("main-ABCDEFGH.js", "main.js"),
    ("polyfills-5CFQRCPP.js", "polyfills.js"),
    ("styles-K7XQ2MZA.css", "styles.css"),
    ("media/logo-K7XQ2MZA.png", "media/logo.png"),
    // webpack, Next, CRA, Gatsby, Parcel, Workbox
    ("_next/static/chunks/123-0a1b2c3d4e5f.js", "_next/static/chunks/123.js"),
    ("_next/static/chunks/4bd1b696-52a6696c08e3276c.js", "_next/static/chunks/4bd1b696.js"),
    ("_next/static/chunks/app/layout-7f9d3ad4c3a52fd9.js", "_next/static/chunks/app/layout.js"),
    ("_next/static/chunks/pages/_app-72b849fbd24ac258.js", "_next/static/chunks/pages/_app.js"),
    ("_next/static/css/b89f2e4a97a3c2ad.css", "_next/static/css/[hash].css"),
    ("_next/static/media/a34f9d1faa5f3315-s.p.woff2", "_next/static/media/[hash]-s.p.woff2"),
    ("_next/static/media/4cf2300e9c8272f7-s.p.81b6cb58.woff2", "_next/static/media/[hash]-s.p.woff2"),
    ("_next/static/aBcDeF0123456789_-xyz/_buildManifest.js", "_next/static/_buildManifest.js"),
    ("static/v1-release/_ssgManifest.js", "static/_ssgManifest.js"),
    ("static/js/main.0a1b2c3d4e5f60718293.js", "static/js/main.js"),
    ("static/js/main.3f5e8a1b.js.LICENSE.txt", "static/js/main.js.LICENSE.txt"),
    ("static/js/2.1a2b3c4d.chunk.js", "static/js/2.chunk.js"),
    ("static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg", "static/media/logo.svg"),
    ("component---src-pages-index-js-9b1c0a4f3d2e5f60718a.js", "component---src-pages-index-js.js"),
    ("index.8dd3aa45.css", "index.css"),
    ("workbox-1d305bb8.js", "workbox.js"),
    ("main.Ab3dEf6hIj.js", "main.js"),
    // bun
    ("index-rk5y8qp2.js", "index.js"),
    ("logo-1a3nqsvf.svg", "logo.svg"),
];

/// Names without a hash: not a letter may go.
const PLAIN: &[&str] = &[
    "index.html",
    "posts/a1b2c3d4e5f6/index.html",
    "posts/hello-1a2b3c4d.html",
    "page-settings.js",
    "page-Settings.js",
    "page-userInfo.js",
    "page-MyButton.js",
    "page-section1.js",
    "index.stylesheet.css",
    "jquery-3.7.1.min.js",
    "bootstrap.bundle.min.js.map",
    "favicon-32x32.png",
    "icon-192x192.png",
    "hero-1024x768.jpg",
    "hero-1920x1080.jpg",
    "photo@2x.png",
    "vendor-frontend.js",
    "apple-touch-icon-precomposed.png",
    "android-chrome-512x512.png",
    "og-default.png",
    "sitemap-index.xml",
    "sitemap-0.xml",
    "robots.txt",
    ".htaccess",
    ".well-known/security.txt",
    "CNAME",
    "_redirects",
    "sw.js",
    "service-worker.js",
    "registerSW.js",
    "workbox-window.prod.mjs",
    "manifest.webmanifest",
    "google1a2b3c4d5e6f7a8b.html",
    "report-20240115.pdf",
    "report-2024-01-15.pdf",
    "invoice.20240115.pdf",
    "inter-latin-400-normal.woff2",
    "roboto-v30-latin-regular.woff2",
    "KaTeX_Main-Regular.woff2",
    "KaTeX_Size1-Regular.woff2",
    "file-550e8400-e29b-41d4-a716-44665544ab0c.pdf",
    "IMG_1234.jpg",
    "DSC01234.jpg",
    "decor-facade01.jpg",
    "three.module.min.js",
    "pdf.worker.min.mjs",
    "lib-base64js.js",
    "lib-md5crypt.js",
    "polyfill-es2015.js",
    "polyfills-nomodule.js",
    "theme-dark-mode.css",
    "print-A4-page.css",
    "doc-DOWNLOAD.pdf",
    "docs-XMLParse.js",
    "client-v2-beta1.js",
    "blog-part-two.js",
    "react-dom.production.min.js",
    "tailwind.config.js",
    "server/entry.mjs",
    "server/manifest.json",
    "_astro/settings.css",
    "_astro/index.settings.css",
    "_astro/index.Settings.css",
    "messages.pt-BR.json",
    "locale-zh-Hans.json",
    "data.min.json",
    "Ünïcode-näme-ëßü.js",
    "日本語-ファイル名.js",
    "-.js",
    "a-.js",
    "...js",
    "",
];

#[test]
fn hashes_of_every_bundler_are_taken_out() {
    for (path, name) in HASHED {
        assert_eq!(stable_name(path), *name, "{path}");
    }
}

#[test]
fn names_without_a_hash_stay_as_they_are() {
    for path in PLAIN {
        assert_eq!(stable_name(path), *path);
    }
}

/// How many of ten thousand random hashes are recognised.
fn recognised(alphabet: &[u8], length: usize, name: impl Fn(&str) -> String, expected: &str) -> u32 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize
    };
    (0..10_000)
        .map(|_| (0..length).map(|_| alphabet[random() % alphabet.len()] as char).collect::<String>())
        .map(|hash| u32::from(stable_name(&name(&hash)) == expected))
        .sum()
}

#[test]
fn nearly_every_random_hash_is_recognised() {
    let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let promised = recognised(base64, 8, |hash| format!("_astro/index.{hash}.js"), "_astro/index.js");
    assert!(promised > 9_960, "{promised}");
    let vite = recognised(base64, 8, |hash| format!("assets/index-{hash}.js"), "assets/index.js");
    assert!(vite > 9_940, "{vite}");
    let esbuild = recognised(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 8, |hash| format!("chunk-{hash}.js"), "chunk.js");
    assert_eq!(esbuild, 10_000);
    let webpack = recognised(b"0123456789abcdef", 20, |hash| format!("main.{hash}.js"), "main.js");
    assert!(webpack > 9_990, "{webpack}");
    let parcel = recognised(b"0123456789abcdef", 8, |hash| format!("main.{hash}.js"), "main.js");
    assert!(parcel > 9_650, "{parcel}");
}
