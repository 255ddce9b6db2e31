const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 14%, transparent); --soft: color-mix(in srgb, currentColor 62%, transparent); }
body { font: 15px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; letter-spacing: -0.01em; margin: 0 0 .25rem; }
p.lead, .soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; margin: 1.25rem 0; }
th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 500; color: var(--soft); }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .75rem 0 0; }
a { color: inherit; text-underline-offset: 3px; }
article { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.25rem; margin: 1rem 0; }
article h2 { font-size: 1rem; margin: 0; }
iframe { width: 100%; height: 26rem; border: 1px solid var(--line); border-radius: .4rem; margin-top: .75rem; background: #fff; }
`

// Mail in a frame inherits this policy: nothing in it can run or call home.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'"

/** A whole HTML page around an already escaped body. */
export function writePage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<style>${STYLE}</style></head>
<body>${body}</body></html>
`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
