/** A group of users. It is a label: what a user owns is the user's alone. */
export interface Organisation {
  id: string;
  name: string;
  createdAt: number;
}
