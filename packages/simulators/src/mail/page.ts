import { escapeHtml, writePage } from '../service/page.ts'
import type { Mail } from './sink.ts'

/** All mail on one page, newest first. */
export function writeMailPage(mails: readonly Mail[]): string {
  const list =
    mails.length === 0
      ? '<p class="soft">No mail yet. What the product sends arrives here.</p>'
      : mails.map(writeMail).join('')
  return writePage(
    'Mail · Atpar simulators',
    `<h1>Mail</h1><p class="lead">Everything the product sent since the simulators started; none of it left this machine. <a href="/">Simulators</a></p>${list}`,
  )
}

function writeMail(mail: Mail): string {
  const time = `<time datetime="${mail.receivedAt}">${mail.receivedAt.slice(0, 19).replace('T', ' ')} UTC</time>`
  return `<article><h2>${escapeHtml(mail.subject === '' ? '(no subject)' : mail.subject)}</h2>
<div class="soft">${escapeHtml(mail.from)} → ${escapeHtml(mail.to.join(', '))} · ${time}</div>
${mail.text === '' ? '' : `<pre>${linkUrls(mail.text)}</pre>`}${mail.html === null ? '' : writeFrame(mail)}</article>`
}

/** The mail's own HTML without scripts, forms or reach; its links open in a new tab. */
function writeFrame({ html, subject }: Mail): string {
  const document = `<base target="_blank">${html ?? ''}`
  return `<iframe title="${escapeHtml(subject)}" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escapeHtml(document)}"></iframe>`
}

function linkUrls(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((piece, index) =>
      index % 2 === 1 ? `<a href="${escapeHtml(piece)}" rel="noreferrer">${escapeHtml(piece)}</a>` : escapeHtml(piece),
    )
    .join('')
}
