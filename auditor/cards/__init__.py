"""What a verified release says, in the forms that registries and inventories read."""
