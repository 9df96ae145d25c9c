/** Someone who owns agents and conversations. */
export interface User {
  id: string;
  name: string | null;
  /** Null for the organisation that everybody is in who was given none. */
  organisationId: string | null;
  createdAt: number;
}

/** A credential of a user. The key itself is shown once, at its making; only its SHA-256 is kept. */
export interface ApiKey {
  id: string;
  userId: string;
  /** Lower-case hex SHA-256 of the whole key. */
  hash: string;
  /** What a list may show of the key: its first and last characters. */
  hint: string;
  name: string | null;
  createdAt: number;
}

/** Who is asking. The admin password acts as the default user. */
export interface Principal {
  userId: string;
  role: 'user' | 'admin';
}
