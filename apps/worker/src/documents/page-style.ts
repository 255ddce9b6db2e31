export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** Self-contained: no scripts, nothing to fetch, so that it prints and reads the same in ten years. */
export const PAGE_STYLE = `
:root{color-scheme:light}*{box-sizing:border-box}body{margin:0 auto;max-width:52rem;padding:3.5rem 2rem;font:14px/1.5 Inter,system-ui,sans-serif;color:#18181b;background:#fff}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 .25rem;font-weight:600}h2{font-size:.95rem;font-weight:600;margin:0 0 .5rem}p{margin:0 0 .5rem}
.mono{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;word-break:break-all}.muted{color:#71717a}
header{display:flex;justify-content:space-between;gap:2rem;flex-wrap:wrap;padding-bottom:1.75rem;border-bottom:2px solid #18181b;margin-bottom:1.75rem}
.brand{font-weight:600;font-size:1.05rem;letter-spacing:-.01em}.parties{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:1.5rem 2rem;margin-bottom:2rem}
.parties h2{font-size:.75rem;font-weight:500;color:#71717a;margin:0 0 .25rem}.parties p{margin:0;overflow-wrap:anywhere}.due{font-size:1.75rem;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.notice{background:#f4f4f5;border-radius:.5rem;padding:.75rem 1rem}.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;margin:0 0 1.5rem}th{font-weight:500;font-size:.75rem;color:#71717a;text-align:left;border-bottom:1px solid #d4d4d8;padding:.4rem .75rem .4rem 0;vertical-align:bottom}
td{border-bottom:1px solid #e4e4e7;padding:.65rem .75rem .65rem 0;vertical-align:top}td:last-child,th:last-child{padding-right:0}td small{display:block;color:#71717a;font-size:.78rem;margin-top:.1rem;font-variant-numeric:tabular-nums}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.strong{font-weight:600}
dl{display:grid;grid-template-columns:1fr auto;gap:.3rem 2rem;margin:0}dt{color:#52525b}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}dt.total,dd.total{border-top:2px solid #18181b;padding-top:.5rem;margin-top:.25rem;font-size:1.15rem;font-weight:600;color:#18181b}
.sums{max-width:26rem;margin-left:auto}section{border-top:1px solid #e4e4e7;padding-top:1.25rem;margin-top:2rem}thead{display:table-header-group}
@media (max-width:36rem){body{padding:1.5rem 1rem}}@media print{body{padding:0;max-width:none;font-size:11px}section,tr{break-inside:avoid}}`
