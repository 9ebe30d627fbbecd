#include "db/migrations.hpp"
