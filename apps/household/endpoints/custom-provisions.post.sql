-- Set up a provision.
--
-- It asks each month for `percentage` of its base, or for `fixed_cents` when `base_calculation` is `fixed`. `split_mode`
-- says who carries it: by the household's key, half and half, in `split_member1`/`split_member2` percent (`custom`, adding
-- up to 100), or one member alone. A name that is taken is a conflict.
--
-- @param name text required min_length=1 max_length=100 -- unique
-- @param description text max_length=500 -- what it is for
-- @param base_calculation enum(total,member1,member2,fixed) = total -- of which net revenue, or a fixed amount
-- @param percentage decimal(2) min=0 max=100 -- percent of the base; needed unless the base is `fixed`
-- @param fixed_cents int min=0 max=1000000000 -- monthly amount; needed when the base is `fixed`
-- @param split_mode enum(key,50/50,custom,100/0,0/100) = key -- who carries it
-- @param split_member1 decimal(2) min=0 max=100 -- percent of member 1 in split `custom`
-- @param split_member2 decimal(2) min=0 max=100 -- percent of member 2 in split `custom`
-- @param target_cents int min=1 max=1000000000 -- what it grows towards; none if not given
-- @param current_cents int min=0 max=1000000000 = 0 -- what is there already
-- @param is_active bool = true -- false: rests, asks for nothing
-- @param display_order int min=0 max=1000000 = 100 -- position in lists
-- @shape object
-- @column percentage decimal nullable
-- @column split_member1 decimal nullable
-- @column split_member2 decimal nullable
INSERT INTO custom_provisions (name, description, base_calculation, percentage_bp, fixed_cents, split_mode,
                               split_member1_bp, split_member2_bp, target_cents, current_cents, is_active, display_order,
                               created_at, updated_at)
VALUES (:name, coalesce(:description, ''), :base_calculation, to_minor(:percentage, 2), :fixed_cents, :split_mode,
        to_minor(:split_member1, 2), to_minor(:split_member2, 2), :target_cents, :current_cents, :is_active,
        :display_order, now(), now())
RETURNING id, name, description, base_calculation, from_minor(percentage_bp, 2) AS percentage, fixed_cents, split_mode,
          from_minor(split_member1_bp, 2) AS split_member1, from_minor(split_member2_bp, 2) AS split_member2,
          target_cents, current_cents, is_active, display_order, created_at, updated_at
