import { readEnv } from '../../env.ts'
import { CopyableId } from '../../ui/code-block.tsx'
import { Facts } from '../../ui/facts.tsx'

export const SourcePage = () => {
  const { sourceCommit, sourceUrl } = readEnv()
  return (
    <div className="mx-auto w-full max-w-2xl px-5 py-14">
      <h1 className="text-2xl font-semibold tracking-tight">Source</h1>
      <p className="mt-2 leading-relaxed text-muted">
        Atpar is free software under the GNU Affero General Public License, version 3 only. Whoever uses it over a
        network is entitled to the source of exactly what runs here, changes of its operator included.
      </p>
      <div className="mt-7 rounded-xl border bg-surface px-5 py-5">
        <Facts
          facts={[
            { name: 'Running commit', value: <CopyableId id={sourceCommit} label="commit" /> },
            { name: 'Licence', value: 'AGPL-3.0-only' },
            {
              name: 'Repository',
              value:
                sourceUrl === null ? (
                  'The operator of this installation provides it on request.'
                ) : (
                  <a className="break-all text-accent underline underline-offset-4" href={sourceUrl}>
                    {sourceUrl}
                  </a>
                ),
            },
          ]}
        />
      </div>
    </div>
  )
}
