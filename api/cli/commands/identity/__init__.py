"""The commands of accounts: `vade user`, `vade group`, `vade key`, `vade session`."""
