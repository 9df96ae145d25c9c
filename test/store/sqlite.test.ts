import { temporarySqlite } from '../support/databases.js';
import { describeStore } from './contract.js';

describeStore('the store on SQLite', temporarySqlite);
