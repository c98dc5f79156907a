/** Which folder and which ports of this machine belong to which instance. Written before anything is made. */
import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';

export const Place = defineEntity({
  name: 'LocalPlace',
  tableName: 'provider_local_place',
  properties: {
    instanceId: p.uuid().primary(),
    /** Of the home it is in, see `home-id.ts`. The column is older than such ids, and held the machine's name. */
    homeId: p.string().length(255).fieldName('machine'),
    /** Where that home lies. */
    home: p.text(),
    folder: p.text(),
    /** User id its game runs as; null: whoever runs the platform. */
    uid: p.integer().nullable(),
  },
});
export type PlaceRecord = InferEntity<typeof Place>;

export const Port = defineEntity({
  name: 'LocalPort',
  tableName: 'provider_local_port',
  properties: {
    homeId: p.string().length(255).fieldName('machine').primary(),
    port: p.integer().primary(),
    instanceId: p.uuid(),
    /** The game's own name of the port. */
    name: p.string().length(64),
  },
  indexes: [{ name: 'provider_local_port_instance_id_index', properties: ['instanceId'] }],
});

export const localEntities = [Place, Port];

export const localMigrations = [
  {
    name: '001_place',
    up: [
      'create table "provider_local_place" ("instance_id" uuid primary key, "machine" varchar(255) not null, "home" text not null, "folder" text not null, "uid" int null)',
      'create table "provider_local_port" ("machine" varchar(255) not null, "port" int not null, "instance_id" uuid not null, "name" varchar(64) not null, primary key ("machine", "port"))',
      'create index "provider_local_port_instance_id_index" on "provider_local_port" ("instance_id")',
    ],
  },
  // Agents listen on sockets in their folders.
  {
    name: '002_agents_without_ports',
    up: [`delete from "provider_local_port" where "name" = 'agent'`],
  },
] as const;
