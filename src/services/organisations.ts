import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { defaultOrganisationId, newId } from '../domain/ids.js';
import type { Organisation } from '../domain/organisation.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Principal } from '../domain/user.js';
import type { Store } from '../store/store.js';
import { randomAgentName } from './agent-names.js';

/** The verbs of organisations, all of them an administrator's. */
export interface OrganisationService {
  /** Makes the organisation of everybody who was given none, where it is missing. */
  ensureDefault(): Promise<void>;
  page(principal: Principal, request: PageRequest): Promise<Page<Organisation>>;
  /** With a random name where none is given. */
  create(principal: Principal, name: string | null): Promise<Organisation>;
  /** What was deleted; its users stay. Throws `conflict` for the one of everybody. */
  delete(principal: Principal, id: string): Promise<Organisation>;
}

/** Makes the verbs of organisations. */
export function createOrganisationService({ store, clock }: { store: Store; clock: Clock }): OrganisationService {
  return {
    ensureDefault: async () => {
      await store.organisations.insert({ id: defaultOrganisationId, name: 'default', createdAt: clock.now() });
    },
    page: async (principal, request) => {
      requireAdmin(principal);
      return store.organisations.page(request);
    },
    create: async (principal, name) => {
      requireAdmin(principal);
      const organisation = { id: newId(), name: name ?? randomAgentName(), createdAt: clock.now() };
      await store.organisations.insert(organisation);
      return organisation;
    },
    delete: async (principal, id) => {
      requireAdmin(principal);
      if (id === defaultOrganisationId) throw new AppError('conflict', 'The default organization cannot be deleted.');
      const organisation = await store.organisations.get(id);
      if (organisation === null || !(await store.organisations.delete(id))) throw notFound('organisation', id);
      return organisation;
    },
  };
}

/** Throws `forbidden` for everybody but an administrator. */
export function requireAdmin(principal: Principal): void {
  if (principal.role !== 'admin') throw new AppError('forbidden', 'Only an administrator may do this.');
}
