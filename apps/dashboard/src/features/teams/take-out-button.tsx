import type { Team } from '@atpar/db/teams'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { SelectField } from '../../ui/field.tsx'
import { takeOutAction } from './actions.ts'

interface TakeOutButtonProps {
  readonly orgSlug: string
  readonly teamId: string
  readonly teamName: string
  readonly member: { readonly memberId: string; readonly name: string }
  readonly otherTeams: readonly Team[]
}

/** Out of the team, or on to another one in the same step. */
export const TakeOutButton = ({ orgSlug, teamId, teamName, member, otherTeams }: TakeOutButtonProps) => (
  <ConfirmButton
    label="Remove"
    spokenLabel={`Remove ${member.name} from ${teamName}`}
    title={`Remove ${member.name} from ${teamName}?`}
    consequence="Their keys that name this team stop within five seconds, because its budget would go on paying for them. Their other keys go on, and they stay a member of the organization."
    confirmLabel="Remove from team"
    pendingLabel="Removing…"
    action={takeOutAction.bind(null, { orgSlug, teamId, memberId: member.memberId })}
  >
    {otherTeams.length > 0 && (
      <SelectField label="Move to another team" name="toTeamId" optional defaultValue="">
        <option value="">No, only remove</option>
        {otherTeams.map((team) => (
          <option key={team.teamId} value={team.teamId}>
            {team.name}
          </option>
        ))}
      </SelectField>
    )}
  </ConfirmButton>
)
